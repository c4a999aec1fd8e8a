using GenAiLab.Models.Folders;
using GenAiLab.V1;
using Microsoft.ML.OnnxRuntime;

namespace GenAiLab.Decoder.Graphs;

/// <summary>
/// A graph that concatenates new keys and values with those of earlier runs and gives all of them back: what
/// Optimum exports. Streams run one at a time, each with a cache of exactly its length, so that a stream cannot
/// notice another; a decode step of several slots is as many runs.
/// </summary>
internal sealed class CopyingDecoderGraph : DecoderGraph
{
    private readonly CopiedCache _cache;
    private readonly bool[] _branch = [false];
    private readonly long[] _ids;
    private readonly long[] _positions;
    private readonly long[] _mask;
    private readonly long[] _rows;
    private readonly string[] _inputs;
    private readonly string[] _outputs;
    private readonly string[] _outputsWithStates;
    private float[]? _states;

    internal CopyingDecoderGraph(InferenceSession session, DecoderConfig config, GraphShape shape, EngineGraph form, DecoderOptions options, int slots)
        : base(session, config, shape, form, options, slots)
    {
        _cache = new CopiedCache(shape, config.ContextLength, slots);
        (_ids, _positions) = (new long[MaximumTokens], new long[MaximumTokens]);
        _rows = new long[MaximumRows];
        _mask = new long[config.ContextLength];
        _mask.AsSpan().Fill(1);
        string[] optional = [config.Names.AttentionMask, config.Names.PositionIds, GraphShape.CacheBranch];
        _inputs =
        [
            config.Names.InputIds, .. optional.Where(session.InputMetadata.ContainsKey), .. form.SelectsRows ? [EngineGraph.LogitRows] : (string[])[],
            .. shape.Caches.Select(static cache => cache.Past),
        ];
        _outputs = [config.Names.Logits, .. shape.Caches.Select(static cache => cache.Present)];
        _outputsWithStates = [.. _outputs, EngineGraph.HiddenStates];
    }

    public override CacheForm CacheForm => CacheForm.Copied;

    public override bool RunsTogether => false;

    public override long CacheBytes => _cache.TotalBytes;

    /// <summary>
    /// Whether several tokens behind a past are run one by one: some graphs take several only from the beginning.
    /// </summary>
    public bool StepsBehindPast { get; set; }

    public override ReadOnlySpan<float> Prefill(int slot, int start, ReadOnlySpan<int> tokens, int rows)
    {
        if (StepsBehindPast && start > 0 && tokens.Length > 1)
        {
            return OneByOne(slot, start, tokens, rows);
        }

        Run(slot, start, tokens, rows, place: 0, states: null);
        return Wanted(rows, Form.SelectsRows ? rows : tokens.Length);
    }

    public override ReadOnlySpan<float> Read(int slot, int start, ReadOnlySpan<int> tokens)
    {
        _states ??= new float[MaximumTokens * HiddenSize];
        if (StepsBehindPast && start > 0)
        {
            for (var at = 0; at < tokens.Length; at++)
            {
                Run(slot, start + at, tokens.Slice(at, 1), rows: 1, place: 0, _states.AsMemory(at * HiddenSize, HiddenSize));
            }
        }
        else
        {
            Run(slot, start, tokens, rows: 1, place: 0, _states.AsMemory(0, tokens.Length * HiddenSize));
        }

        return _states.AsSpan(0, tokens.Length * HiddenSize);
    }

    public override ReadOnlySpan<float> Decode(int first, ReadOnlySpan<int> tokens, ReadOnlySpan<int> lengths)
    {
        for (var at = 0; at < tokens.Length; at++)
        {
            Run(first + at, lengths[at], tokens.Slice(at, 1), rows: 1, place: at, states: null);
        }

        return Wanted(tokens.Length, tokens.Length);
    }

    public override void Copy(int from, int to, int tokens) => _cache.Copy(from, to, tokens);

    public override void Swap(int left, int right, int tokens) => _cache.Swap(left, right);

    public override void Dispose()
    {
        base.Dispose();
        _cache.Dispose();
    }

    private protected override void RunAtEnd(ReadOnlySpan<int> token)
    {
        _cache.Pretend(0, Config.ContextLength - 1);
        Prefill(0, Config.ContextLength - 1, token, 1);
        _cache.Truncate(0, 0);
    }

    private ReadOnlySpan<float> OneByOne(int slot, int start, ReadOnlySpan<int> tokens, int rows)
    {
        for (var at = 0; at < tokens.Length; at++)
        {
            Run(slot, start + at, tokens.Slice(at, 1), rows: 1, place: Math.Max(0, at - (tokens.Length - rows)), states: null);
        }

        return Wanted(rows, rows);
    }

    // Logits go to the rows from place on: those that are wanted, or those of all tokens.
    private void Run(int slot, int start, ReadOnlySpan<int> tokens, int rows, int place, Memory<float>? states)
    {
        var (count, total) = (tokens.Length, start + tokens.Length);
        _cache.Truncate(slot, start);
        for (var at = 0; at < count; at++)
        {
            (_ids[at], _positions[at]) = (tokens[at], start + at);
        }

        for (var row = 0; row < rows; row++)
        {
            _rows[row] = count - rows + row;
        }

        _branch[0] = start > 0;
        List<OrtValue> inputs = new(_inputs.Length);
        List<OrtValue> outputs = new(_outputsWithStates.Length);
        try
        {
            foreach (var name in _inputs.AsSpan(0, _inputs.Length - Shape.Caches.Count))
            {
                inputs.Add(name == Config.Names.InputIds ? View(_ids.AsMemory(0, count), [1, count])
                    : name == Config.Names.PositionIds ? View(_positions.AsMemory(0, count), [1, count])
                    : name == Config.Names.AttentionMask ? View(_mask.AsMemory(0, total), [1, total])
                    : name == EngineGraph.LogitRows ? View(_rows.AsMemory(0, rows), [rows])
                    : View(_branch.AsMemory(), [1]));
            }

            var computed = Form.SelectsRows ? rows : count;
            outputs.Add(View(
                Logits.AsMemory(place * Config.VocabularySize, computed * Config.VocabularySize),
                Form.SelectsRows ? [rows, Config.VocabularySize] : [1, count, Config.VocabularySize]));
            for (var tensor = 0; tensor < Shape.Caches.Count; tensor++)
            {
                inputs.Add(_cache.Past(slot, tensor));
                outputs.Add(_cache.Present(tensor, total));
            }

            if (states is { } buffer)
            {
                outputs.Add(View(buffer, [count, HiddenSize]));
            }

            Session.Run(RunOptions, _inputs, inputs, states is null ? _outputs : _outputsWithStates, outputs);
        }
        finally
        {
            foreach (var value in inputs.Concat(outputs))
            {
                value.Dispose();
            }
        }

        _cache.Accept(slot, total);
    }

    private static OrtValue View<T>(Memory<T> buffer, long[] shape)
        where T : unmanaged => OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, buffer, shape);
}
