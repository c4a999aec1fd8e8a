using GenAiLab.Models.Folders;
using GenAiLab.Models.Onnx;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace GenAiLab.Decoder.Graphs;

/// <summary>
/// A loaded model and its KV cache. One run takes either several new tokens of one slot (prefill,
/// verification, scoring) or one new token of each of neighbouring slots (a decode step); both work on
/// views of the one cache. Not thread-safe: one owner.
/// </summary>
internal sealed class DecoderGraph : IDisposable
{
    private const int LeastChunk = 16;
    private const long MaximumLogitsBytes = 64L << 20;
    private readonly InferenceSession _session;
    private readonly KeyValueCache _cache;
    private readonly RunOptions _run = new();
    private readonly GraphBindings _bindings;
    private readonly long[] _ids;
    private readonly int[] _lengths;
    private readonly int[] _total = GC.AllocateArray<int>(1, pinned: true);
    private readonly long[] _rows;
    private readonly float[] _logits;
    private float[]? _states;

    internal DecoderGraph(InferenceSession session, GenAiConfig config, DecoderOptions options, int slots)
    {
        (_session, Config, Slots, WeightFormat, ExecutionProvider) = (session, config, slots, options.WeightFormat, options.ExecutionProvider);
        // Prefixes are shared in whole chunks: a short window needs small ones.
        MaximumTokens = Math.Min(options.PrefillChunk, Math.Max(LeastChunk, config.ContextLength / 8));
        MaximumRows = (int)Math.Max(slots, Math.Clamp(MaximumLogitsBytes / (sizeof(float) * (long)config.VocabularySize), 1, MaximumTokens));
        _cache = new KeyValueCache(config, slots);
        _ids = GC.AllocateArray<long>(Math.Max(MaximumTokens, slots), pinned: true);
        _lengths = GC.AllocateArray<int>(slots, pinned: true);
        _rows = GC.AllocateArray<long>(MaximumRows, pinned: true);
        _logits = GC.AllocateArray<float>(MaximumRows * config.VocabularySize, pinned: true);
        _bindings = new GraphBindings(session, config, _cache, _ids, _lengths, _total, _rows, _logits);
        HasHiddenStates = session.OutputMetadata.TryGetValue(EngineGraph.HiddenStates, out var states)
            && states.ElementType == typeof(float) && states.Dimensions is [_, var width] && (width < 0 || width == config.HiddenSize);
    }

    /// <summary>What the folder says of the model.</summary>
    public GenAiConfig Config { get; }

    /// <summary>Number of slots.</summary>
    public int Slots { get; }

    /// <summary>The most tokens that one <see cref="Prefill"/> takes.</summary>
    public int MaximumTokens { get; }

    /// <summary>The most rows of logits that one run gives; at least one for every slot.</summary>
    public int MaximumRows { get; }

    /// <summary>How the weights are held.</summary>
    public string WeightFormat { get; init; }

    /// <summary>Where the model runs.</summary>
    public string ExecutionProvider { get; }

    /// <summary>Whether <see cref="Read"/> can be called.</summary>
    public bool HasHiddenStates { get; }

    /// <summary>Bytes of the cache.</summary>
    public long CacheBytes => _cache.Bytes;

    /// <summary>Runs tokens of one slot.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="start">Tokens that the slot holds already: the position of the first new one.</param>
    /// <param name="tokens">1 to <see cref="MaximumTokens"/> ids.</param>
    /// <param name="rows">1 to <see cref="MaximumRows"/>: the logits after how many of the last tokens are wanted.</param>
    /// <returns>[rows, vocabulary]. Valid until the next run.</returns>
    /// <exception cref="OnnxRuntimeException">The model failed.</exception>
    public ReadOnlySpan<float> Prefill(int slot, int start, ReadOnlySpan<int> tokens, int rows)
    {
        Run(slot, start, tokens, rows, states: null);
        return _logits.AsSpan(0, rows * Config.VocabularySize);
    }

    /// <summary>Runs tokens of one slot, as <see cref="Prefill"/> does, for their last hidden states.</summary>
    /// <returns>[tokens, width]. Valid until the next run.</returns>
    /// <exception cref="OnnxRuntimeException">The model failed.</exception>
    public ReadOnlySpan<float> Read(int slot, int start, ReadOnlySpan<int> tokens)
    {
        _states ??= GC.AllocateArray<float>(MaximumTokens * Config.HiddenSize, pinned: true);
        Run(slot, start, tokens, rows: 1, _states);
        return _states.AsSpan(0, tokens.Length * Config.HiddenSize);
    }

    /// <summary>Runs one token of each of neighbouring slots, beginning with slot <paramref name="first"/>.</summary>
    /// <param name="first">The first slot.</param>
    /// <param name="tokens">One id per slot. A slot that has none to run takes any: its next run overwrites the trace.</param>
    /// <param name="lengths">Tokens that each slot holds already; less than the context length.</param>
    /// <returns>[slots, vocabulary]. Valid until the next run.</returns>
    /// <exception cref="OnnxRuntimeException">The model failed.</exception>
    public ReadOnlySpan<float> Decode(int first, ReadOnlySpan<int> tokens, ReadOnlySpan<int> lengths)
    {
        var longest = 0;
        for (var at = 0; at < tokens.Length; at++)
        {
            (_ids[at], _lengths[at], _rows[at]) = (tokens[at], lengths[at], at);
            longest = Math.Max(longest, lengths[at]);
        }

        _total[0] = longest + 1;
        _session.RunWithBinding(_run, _bindings.OfRange(first, tokens.Length));
        return _logits.AsSpan(0, tokens.Length * Config.VocabularySize);
    }

    /// <inheritdoc cref="Decode(int, ReadOnlySpan{int}, ReadOnlySpan{int})"/>
    public ReadOnlySpan<float> Decode(ReadOnlySpan<int> tokens, ReadOnlySpan<int> lengths) => Decode(0, tokens, lengths);

    /// <summary>A row of the last run's logits, for those who sample rows side by side.</summary>
    public ReadOnlySpan<float> Row(int row) => _logits.AsSpan(row * Config.VocabularySize, Config.VocabularySize);

    /// <inheritdoc cref="KeyValueCache.Copy"/>
    public void Copy(int from, int to, int tokens) => _cache.Copy(from, to, tokens);

    /// <inheritdoc cref="KeyValueCache.Swap"/>
    public void Swap(int left, int right, int tokens) => _cache.Swap(left, right, tokens);

    /// <summary>
    /// Stops a run that goes on in another thread, as far as ONNX Runtime can: between two operators.
    /// </summary>
    public void Terminate() => _run.Terminate = true;

    public void Dispose()
    {
        _bindings.Dispose();
        _run.Dispose();
        _session.Dispose();
        _cache.Dispose();
    }

    /// <summary>
    /// A prompt, and a token at the end of the window: a graph whose position tables are shorter than
    /// genai_config.json promises is found out here and not by the first long text.
    /// </summary>
    internal void WarmUp()
    {
        Span<int> tokens = [Config.BosTokenId, Config.BosTokenId];
        Prefill(0, 0, tokens[..Math.Min(2, MaximumTokens)], 1);
        Prefill(0, Config.ContextLength - 1, tokens[..1], 1);
    }

    private void Run(int slot, int start, ReadOnlySpan<int> tokens, int rows, float[]? states)
    {
        for (var at = 0; at < tokens.Length; at++)
        {
            _ids[at] = tokens[at];
        }

        for (var row = 0; row < rows; row++)
        {
            _rows[row] = tokens.Length - rows + row;
        }

        _total[0] = start + tokens.Length;
        _lengths[0] = _total[0] - 1;
        _session.RunWithBinding(_run, _bindings.OfSlot(slot, tokens.Length, rows, states));
    }
}
