using GenAiLab.Models.Folders;
using Microsoft.ML.OnnxRuntime;
using SessionOptions = Microsoft.ML.OnnxRuntime.SessionOptions;

namespace GenAiLab.Decoder.Graphs;

/// <summary>
/// A loaded model and its KV cache. Runs tokens of one slot after those that the slot holds already.
/// Not thread-safe: one owner.
/// </summary>
internal sealed class DecoderGraph : IDisposable
{
    private const long MaximumLogitsBytes = 256L << 20;
    private readonly InferenceSession _session;
    private readonly KeyValueCache _cache;
    private readonly RunOptions _run = new();
    private readonly OrtIoBinding[] _bindings;
    private readonly List<OrtValue> _views = [];
    private readonly long[] _ids;
    private readonly long[] _ones;
    private readonly float[] _logits;
    private readonly OrtValue?[] _idsOfLength;
    private readonly OrtValue?[] _logitsOfLength;

    private DecoderGraph(InferenceSession session, GenAiConfig config, DecoderOptions options)
    {
        (_session, Config) = (session, config);
        MaximumTokens = (int)Math.Clamp(
            MaximumLogitsBytes / (sizeof(float) * (long)config.VocabularySize), 1, Math.Min(options.PrefillChunk, config.ContextLength));
        _cache = new KeyValueCache(config, options.Slots);
        _ids = GC.AllocateArray<long>(MaximumTokens, pinned: true);
        _ones = GC.AllocateArray<long>(config.ContextLength, pinned: true);
        _ones.AsSpan().Fill(1);
        _logits = GC.AllocateArray<float>(MaximumTokens * config.VocabularySize, pinned: true);
        _idsOfLength = new OrtValue?[MaximumTokens + 1];
        _logitsOfLength = new OrtValue?[MaximumTokens + 1];
        _bindings = new OrtIoBinding[options.Slots];
        for (var slot = 0; slot < _bindings.Length; slot++)
        {
            _bindings[slot] = Bind(slot);
        }
    }

    /// <summary>What the folder says of the model.</summary>
    public GenAiConfig Config { get; }

    /// <summary>The most tokens that one <see cref="Run"/> takes.</summary>
    public int MaximumTokens { get; }

    /// <summary>Checks a folder, loads it and runs it once.</summary>
    /// <exception cref="ModelFolderException">The folder is refused.</exception>
    public static DecoderGraph Load(string folder, DecoderOptions options)
    {
        var config = GenAiConfig.Read(folder);
        CheckSizes(config, options);
        ExternalDataCheck.Check(folder, config.GraphFile);
        InferenceSession? session = null;
        DecoderGraph? graph = null;
        try
        {
            using var sessionOptions = SessionOptionsFor(options);
            session = new InferenceSession(Path.Combine(folder, config.GraphFile), sessionOptions);
            GraphSignature.Check(session, config);
            graph = new DecoderGraph(session, config, options);
            graph.WarmUp();
            return graph;
        }
        catch (OnnxRuntimeException error)
        {
            Release();
            throw new ModelFolderException(config.GraphFile, graph is null ? "ONNX Runtime cannot load it" : "it failed when it was run for the first time", error);
        }
        catch
        {
            Release();
            throw;
        }

        void Release()
        {
            graph?.Dispose();
            session?.Dispose();
        }
    }

    /// <summary>Runs tokens of a slot.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="start">Tokens that the slot holds already: the position of the first new one.</param>
    /// <param name="tokens">1 to <see cref="MaximumTokens"/> ids.</param>
    /// <returns>[vocabulary]: the logits after the last token. Valid until the next run.</returns>
    /// <exception cref="OnnxRuntimeException">The model failed.</exception>
    public ReadOnlySpan<float> Run(int slot, int start, ReadOnlySpan<int> tokens)
    {
        var binding = _bindings[slot];
        for (var at = 0; at < tokens.Length; at++)
        {
            _ids[at] = tokens[at];
        }

        // The mask's length is what tells the kernel how much of the slot is valid; it grows with every
        // step, so its view is made anew while the others are kept.
        long total = start + tokens.Length;
        using var mask = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, _ones.AsMemory(0, (int)total), [1, total]);
        binding.BindInput(GraphSignature.InputIds, _idsOfLength[tokens.Length] ??= View(_ids.AsMemory(0, tokens.Length), 1, tokens.Length));
        binding.BindInput(GraphSignature.AttentionMask, mask);
        binding.BindOutput(GraphSignature.Logits, _logitsOfLength[tokens.Length] ??=
            View(_logits.AsMemory(0, tokens.Length * Config.VocabularySize), 1, tokens.Length, Config.VocabularySize));
        _session.RunWithBinding(_run, binding);
        return _logits.AsSpan((tokens.Length - 1) * Config.VocabularySize, Config.VocabularySize);
    }

    public void Dispose()
    {
        foreach (var binding in _bindings)
        {
            binding?.Dispose();
        }

        foreach (var view in _views)
        {
            view.Dispose();
        }

        _run.Dispose();
        _session.Dispose();
        _cache.Dispose();
    }

    private static void CheckSizes(GenAiConfig config, DecoderOptions options)
    {
        if (config.ContextLength < 2)
        {
            throw new ModelFolderException(GenAiConfig.FileName, "model.context_length must leave room for a prompt and one token");
        }

        var bytes = (Int128)KeyValueCache.SlotBytes(config) * options.Slots;
        if (bytes > options.MaximumCacheBytes)
        {
            throw new ModelFolderException(
                GenAiConfig.FileName, $"its KV cache would take {bytes:N0} bytes in {options.Slots} slots, more than {options.MaximumCacheBytes:N0}");
        }
    }

    private static SessionOptions SessionOptionsFor(DecoderOptions options)
    {
        var session = new SessionOptions
        {
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            InterOpNumThreads = 1,
            IntraOpNumThreads = options.Threads,
            EnableMemoryPattern = false,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        session.AddSessionConfigEntry("session.intra_op.allow_spinning", options.Spinning ? "1" : "0");
        return session;
    }

    private OrtIoBinding Bind(int slot)
    {
        var binding = _session.CreateIoBinding();
        for (var layer = 0; layer < Config.Layers; layer++)
        {
            foreach (var key in new[] { true, false })
            {
                var view = _cache.View(slot, layer, key);
                _views.Add(view);
                binding.BindInput(GraphSignature.Past(layer, key), view);
                binding.BindOutput(GraphSignature.Present(layer, key), view);
            }
        }

        return binding;
    }

    private OrtValue View<T>(Memory<T> memory, params long[] shape)
        where T : unmanaged
    {
        var view = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, memory, shape);
        _views.Add(view);
        return view;
    }

    // A prompt, and a token at the end of the window: a graph whose position tables are shorter than
    // genai_config.json promises is found out here and not by the first long text.
    private void WarmUp()
    {
        Span<int> tokens = [Config.BosTokenId, Config.BosTokenId];
        Run(0, 0, tokens[..Math.Min(2, MaximumTokens)]);
        Run(0, Config.ContextLength - 1, tokens[..1]);
    }
}
