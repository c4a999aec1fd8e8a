using GenAiLab.Models.Folders;
using GenAiLab.V1;
using Microsoft.ML.OnnxRuntime;

namespace GenAiLab.Decoder.Graphs;

/// <summary>
/// A graph whose attention works in place: every run, of one slot or of several, works on views of the one
/// cache, and nothing of it is ever copied but by <see cref="Copy"/>.
/// </summary>
internal sealed class SharedDecoderGraph : DecoderGraph
{
    private readonly KeyValueCache _cache;
    private readonly GraphBindings _bindings;
    private readonly InferenceSession? _prompts;
    private readonly GraphBindings? _promptBindings;
    private readonly long[] _ids;
    private readonly long[]? _positions;
    private readonly int[] _lengths;
    private readonly int[] _total = GC.AllocateArray<int>(1, pinned: true);
    private readonly long[] _rows;
    private readonly CapturedSteps? _captured;
    private float[]? _states;

    /// <param name="session">The graph.</param>
    /// <param name="config">What the folder says of the model.</param>
    /// <param name="shape">How the folder's graph is built.</param>
    /// <param name="form">What it was made into.</param>
    /// <param name="options">How it is to be run.</param>
    /// <param name="slots">Number of slots.</param>
    /// <param name="captures">Whether the session was made to capture its decode steps.</param>
    /// <param name="prompts">The same graph with its weights held for prompts; null: one session runs all.</param>
    internal SharedDecoderGraph(
        InferenceSession session, DecoderConfig config, GraphShape shape, EngineGraph form, DecoderOptions options, int slots, bool captures, InferenceSession? prompts)
        : base(session, config, shape, form, options, slots)
    {
        var device = options.ExecutionProvider == DecoderOptions.Cuda ? new CudaCacheMemory(options.Device) : null;
        _cache = new KeyValueCache(shape, config.ContextLength, slots, device ?? (CacheMemory)new HostCacheMemory());
        _ids = GC.AllocateArray<long>(Math.Max(MaximumTokens, slots), pinned: true);
        _positions = session.InputMetadata.ContainsKey(config.Names.PositionIds) ? GC.AllocateArray<long>(_ids.Length, pinned: true) : null;
        _lengths = GC.AllocateArray<int>(slots, pinned: true);
        _rows = GC.AllocateArray<long>(MaximumRows, pinned: true);
        var buffers = new RunBuffers(_ids, _positions, _lengths, _total, _rows, Logits);
        _bindings = new GraphBindings(session, config, form, HiddenSize, _cache, buffers, onDevice: device is not null);
        _prompts = prompts;
        _promptBindings = prompts is null ? null : new GraphBindings(prompts, config, form, HiddenSize, _cache, buffers, onDevice: false);
        if (captures && device is not null)
        {
            _captured = new CapturedSteps(session, config, form, _cache, device, buffers, slots);
            RunOptions.AddRunConfigEntry(CapturedSteps.GraphName, CapturedSteps.NoGraph);
        }
    }

    public override CacheForm CacheForm => CacheForm.Shared;

    public override bool RunsTogether => Shape.HasVariableBatch;

    public override long CacheBytes => _cache.Bytes;

    public override ReadOnlySpan<float> Prefill(int slot, int start, ReadOnlySpan<int> tokens, int rows)
    {
        Run(slot, start, tokens, rows, states: null, asPrompt: true);
        return Wanted(rows, Form.SelectsRows ? rows : tokens.Length);
    }

    public override ReadOnlySpan<float> Append(int slot, int start, ReadOnlySpan<int> tokens, int rows)
    {
        Run(slot, start, tokens, rows, states: null, asPrompt: false);
        return Wanted(rows, Form.SelectsRows ? rows : tokens.Length);
    }

    public override ReadOnlySpan<float> Read(int slot, int start, ReadOnlySpan<int> tokens)
    {
        _states ??= GC.AllocateArray<float>(MaximumTokens * HiddenSize, pinned: true);
        Run(slot, start, tokens, rows: 1, _states, asPrompt: true);
        return _states.AsSpan(0, tokens.Length * HiddenSize);
    }

    public override ReadOnlySpan<float> Decode(int first, ReadOnlySpan<int> tokens, ReadOnlySpan<int> lengths)
    {
        var longest = 0;
        for (var at = 0; at < tokens.Length; at++)
        {
            (_ids[at], _lengths[at], _rows[at]) = (tokens[at], lengths[at], at);
            longest = Math.Max(longest, lengths[at]);
        }

        if (_positions is not null)
        {
            for (var at = 0; at < lengths.Length; at++)
            {
                _positions[at] = lengths[at];
            }
        }

        _total[0] = longest + 1;
        if (_captured?.TryRun(first, tokens.Length) != true)
        {
            Session.RunWithBinding(RunOptions, _bindings.OfRange(first, tokens.Length));
        }

        return Wanted(tokens.Length, tokens.Length);
    }

    /// <summary>The greatest absolute value of each channel of a tensor of the cache, over the first tokens of a slot.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="tensor">Index among the shape's tensors.</param>
    /// <param name="tokens">Tokens that the slot holds.</param>
    /// <returns>[heads, width].</returns>
    public float[,] GreatestOf(int slot, int tensor, int tokens)
    {
        var (heads, width) = (_cache.Tensors[tensor].Heads, _cache.Tensors[tensor].Width);
        var greatest = new float[heads, width];
        for (var head = 0; head < heads; head++)
        {
            var values = _cache.Head(slot, tensor, head);
            for (var at = 0; at < tokens * width; at++)
            {
                ref var most = ref greatest[head, at % width];
                most = Math.Max(most, Math.Abs(values[at]));
            }
        }

        return greatest;
    }

    public override void Copy(int from, int to, int tokens) => _cache.Copy(from, to, tokens);

    public override void Swap(int left, int right, int tokens) => _cache.Swap(left, right, tokens);

    public override void Dispose()
    {
        _captured?.Dispose();
        _promptBindings?.Dispose();
        _bindings.Dispose();
        _prompts?.Dispose();
        base.Dispose();
        _cache.Dispose();
    }

    private protected override void RunAtEnd(ReadOnlySpan<int> token) => Prefill(0, Config.ContextLength - 1, token, 1);

    private void Run(int slot, int start, ReadOnlySpan<int> tokens, int rows, float[]? states, bool asPrompt)
    {
        for (var at = 0; at < tokens.Length; at++)
        {
            _ids[at] = tokens[at];
        }

        for (var at = 0; _positions is not null && at < tokens.Length; at++)
        {
            _positions[at] = start + at;
        }

        for (var row = 0; row < rows; row++)
        {
            _rows[row] = tokens.Length - rows + row;
        }

        _total[0] = start + tokens.Length;
        _lengths[0] = _total[0] - 1;
        // One token of a prompt is often run in a decode step, and is to be the same alone.
        var (session, bindings) = asPrompt && tokens.Length > 1 && _promptBindings is not null ? (_prompts!, _promptBindings) : (Session, _bindings);
        session.RunWithBinding(RunOptions, bindings.OfSlot(slot, tokens.Length, rows, states));
    }
}

/// <summary>What a run reads and writes besides the cache; all pinned.</summary>
/// <param name="Ids">[rows × tokens].</param>
/// <param name="Positions">The same, or null where the graph does not ask.</param>
/// <param name="Lengths">[rows].</param>
/// <param name="Total">One number.</param>
/// <param name="Rows">Rows of logits that are wanted.</param>
/// <param name="Logits">What they are written to.</param>
internal sealed record RunBuffers(long[] Ids, long[]? Positions, int[] Lengths, int[] Total, long[] Rows, float[] Logits);
