using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using GenAiLab.Benchmarks.Engine;

namespace GenAiLab.Benchmarks.LlamaCpp;

/// <summary>How llama.cpp runs.</summary>
/// <param name="FlashAttention">Whether the fused attention is used.</param>
/// <param name="Float32Cache">Keys and values in 32 bits; in 16 otherwise.</param>
/// <param name="UnifiedCache">One cache for all sequences; otherwise one for each.</param>
internal readonly record struct LlamaSettings(bool FlashAttention, bool Float32Cache, bool UnifiedCache)
{
    public static IReadOnlyList<LlamaSettings> All { get; } =
    [
        new(false, false, false), new(true, false, false), new(false, true, false), new(true, true, false),
        new(false, false, true), new(true, false, true), new(false, true, true), new(true, true, true),
    ];

    public override string ToString() => $"flash attention {(FlashAttention ? "on" : "off")}, KV {(Float32Cache ? "f32" : "f16")}{(UnifiedCache ? ", unified" : "")}";
}

/// <summary>llama.cpp through its C interface: no server and no script in between.</summary>
internal sealed unsafe class LlamaTarget : IDecodeTarget
{
    private const int Float16Type = 1;
    private const int MostTokens = 2048;
    private static readonly Lock Gate = new();
    private static bool _loaded;
    private readonly nint _model;
    private readonly nint _context;
    private readonly LlamaNative.Batch _batch;
    private readonly int _vocabulary;
    private int _lastRow;

    public LlamaTarget(string libraries, string gguf, LlamaSettings settings, int sequences, int tokensEach, int threads, int vocabulary)
    {
        Load(libraries);
        var model = LlamaNative.DefaultModelParameters();
        model.GpuLayers = 0;
        _model = LlamaNative.LoadModel(gguf, model);
        if (_model == 0)
        {
            throw new InvalidOperationException("llama.cpp cannot load the weights");
        }

        var context = LlamaNative.DefaultContextParameters();
        context.Context = (uint)(sequences * tokensEach);
        context.Sequences = (uint)sequences;
        context.Batch = MostTokens;
        context.MicroBatch = 512;
        context.Threads = context.BatchThreads = threads;
        context.FlashAttention = settings.FlashAttention ? 1 : 0;
        context.KeyType = context.ValueType = settings.Float32Cache ? (int)GgmlType.F32 : Float16Type;
        context.NoTimings = 1;
        context.UnifiedCache = (byte)(settings.UnifiedCache ? 1 : 0);
        _context = LlamaNative.CreateContext(_model, context);
        if (_context == 0)
        {
            throw new InvalidOperationException("llama.cpp cannot make a context");
        }

        _batch = LlamaNative.CreateBatch(MostTokens, 0, 1);
        (_vocabulary, Name) = (vocabulary, $"llama.cpp, {settings}");
    }

    public string Name { get; }

    public void Fill(int sequences, int tokens)
    {
        LlamaNative.ClearMemory(LlamaNative.Memory(_context), 1);
        for (var sequence = 0; sequence < sequences; sequence++)
        {
            Run(sequence, 0, tokens);
        }
    }

    public void Rewind(int sequences, int tokens)
    {
        for (var sequence = 0; sequence < sequences; sequence++)
        {
            LlamaNative.RemoveFromMemory(LlamaNative.Memory(_context), sequence, tokens, -1);
        }
    }

    public void Step(int sequences, int position)
    {
        for (var sequence = 0; sequence < sequences; sequence++)
        {
            Set(sequence, sequence, position, output: true);
        }

        Decode(sequences);
        _lastRow = 0;
    }

    public void Prefill(int tokens)
    {
        LlamaNative.RemoveFromMemory(LlamaNative.Memory(_context), 0, 0, -1);
        Run(0, 0, tokens);
    }

    public float[] Logits() => new ReadOnlySpan<float>(LlamaNative.Logits(_context, _lastRow), _vocabulary).ToArray();

    public void Dispose()
    {
        LlamaNative.FreeBatch(_batch);
        LlamaNative.FreeContext(_context);
        LlamaNative.FreeModel(_model);
    }

    private void Run(int sequence, int position, int tokens)
    {
        for (var first = 0; first < tokens; first += MostTokens)
        {
            var count = Math.Min(MostTokens, tokens - first);
            for (var at = 0; at < count; at++)
            {
                Set(at, sequence, position + first + at, output: first + at == tokens - 1);
            }

            Decode(count);
            _lastRow = count - 1;
        }
    }

    private void Set(int row, int sequence, int position, bool output)
    {
        _batch.Ids[row] = Tokens.At(position);
        _batch.Positions[row] = position;
        _batch.SequenceCounts[row] = 1;
        _batch.Sequences[row][0] = sequence;
        _batch.Outputs[row] = (sbyte)(output ? 1 : 0);
    }

    private void Decode(int tokens)
    {
        var batch = _batch;
        batch.Tokens = tokens;
        var status = LlamaNative.Decode(_context, batch);
        if (status != 0)
        {
            throw new InvalidOperationException($"llama.cpp failed with status {status}");
        }

        LlamaNative.Synchronize(_context);
    }

    private static void Load(string libraries)
    {
        lock (Gate)
        {
            if (_loaded)
            {
                return;
            }

            // In the order in which they need each other.
            var files = Directory.GetFiles(libraries, "lib*.so*").Order(StringComparer.Ordinal).ToList();
            NativeLibrary.Load(Find("libggml-base.so"));
            var ggml = NativeLibrary.Load(Find("libggml.so"));
            var llama = NativeLibrary.Load(Find("libllama.so"));
            NativeLibrary.SetDllImportResolver(typeof(LlamaTarget).Assembly, (name, _, _) => name == "ggml" ? ggml : name == LlamaNative.Library ? llama : 0);
            LlamaNative.SetLog(&Ignore, 0);
            LlamaNative.LoadBackends(libraries);
            _loaded = true;

            // Packages name them by version: libllama.v0.5.0.so, libllama.so.0.
            string Find(string name)
            {
                var stem = name[..^2];
                return files.FirstOrDefault(file => Path.GetFileName(file) == name)
                    ?? files.FirstOrDefault(file => Path.GetFileName(file).StartsWith(stem, StringComparison.Ordinal))
                    ?? throw new FileNotFoundException($"{name} is not among llama.cpp's libraries");
            }
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Ignore(int level, byte* text, nint data)
    {
    }
}
