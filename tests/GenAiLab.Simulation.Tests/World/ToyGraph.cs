using GenAiLab.Decoder;
using GenAiLab.Decoder.Graphs;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Onnx;
using GenAiLab.V1;

namespace GenAiLab.Simulation.Tests.World;

/// <summary>
/// A cache of token ids in the place of keys and values, and <see cref="ToyModel"/> in the place of a graph. A row
/// that runs along without a token of its own writes behind its last one, as the real ones do.
/// </summary>
internal sealed class ToyGraph(DecoderOptions options) : DecoderGraph(
    session: null, Description,
    new GraphShape { Caches = [], CacheType = OnnxElementType.Float, LogitsType = OnnxElementType.Float, LastLogitsOnly = false, HasVariableBatch = true },
    new EngineGraph(SharesCache: true, SelectsRows: true, Obstacle: null), options, options.Slots)
{
    private readonly int[][] _cells = [.. Enumerable.Range(0, options.Slots).Select(static _ => new int[ToyModel.Context])];

    private static readonly DecoderConfig Description = new()
    {
        BosTokenId = ToyModel.End,
        EosTokenIds = [ToyModel.End],
        PadTokenId = ToyModel.End,
        ContextLength = ToyModel.Context,
        VocabularySize = ToyModel.Vocabulary,
    };

    /// <summary>The next logits that are asked for are none.</summary>
    public bool FailsNext { get; set; }

    /// <summary>The tokens after which they were none.</summary>
    public List<int[]> Failures { get; } = [];

    public override CacheForm CacheForm => CacheForm.Shared;

    public override bool RunsTogether => true;

    public override long CacheBytes => 0;

    /// <summary>What is in a slot.</summary>
    public ReadOnlySpan<int> Cells(int slot) => _cells[slot];

    public override ReadOnlySpan<float> Prefill(int slot, int start, ReadOnlySpan<int> tokens, int rows)
    {
        tokens.CopyTo(_cells[slot].AsSpan(start));
        for (var row = 0; row < rows; row++)
        {
            Put(row, _cells[slot].AsSpan(0, start + tokens.Length - rows + row + 1));
        }

        return Wanted(rows, rows);
    }

    public override ReadOnlySpan<float> Read(int slot, int start, ReadOnlySpan<int> tokens) => throw new NotSupportedException();

    public override ReadOnlySpan<float> Decode(int first, ReadOnlySpan<int> tokens, ReadOnlySpan<int> lengths)
    {
        for (var at = 0; at < tokens.Length; at++)
        {
            _cells[first + at][lengths[at]] = tokens[at];
            Put(at, _cells[first + at].AsSpan(0, lengths[at] + 1));
        }

        return Wanted(tokens.Length, tokens.Length);
    }

    public override void Copy(int from, int to, int tokens) => _cells[from].AsSpan(0, tokens).CopyTo(_cells[to]);

    public override void Swap(int left, int right, int tokens) => (_cells[left], _cells[right]) = (_cells[right], _cells[left]);

    // There is no session to dispose of, and nothing that needs it.
    public override void Dispose()
    {
    }

    private protected override void RunAtEnd(ReadOnlySpan<int> token) => throw new NotSupportedException();

    private void Put(int row, ReadOnlySpan<int> tokens)
    {
        var logits = ToyModel.Logits(tokens);
        if (FailsNext)
        {
            FailsNext = false;
            Failures.Add([.. tokens]);
            Array.Fill(logits, float.NaN);
        }

        logits.CopyTo(Logits, row * ToyModel.Vocabulary);
    }
}
