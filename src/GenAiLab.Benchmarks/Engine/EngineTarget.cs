using GenAiLab.Decoder;
using GenAiLab.Decoder.Graphs;

namespace GenAiLab.Benchmarks.Engine;

/// <summary>The lab's decode engine, without scheduler and services.</summary>
internal sealed class EngineTarget : IDecodeTarget
{
    private readonly DecoderGraph _graph;
    private readonly int[] _tokens;
    private readonly int[] _lengths;
    private float[] _logits = [];

    public EngineTarget(string folder, string format, int slots, int threads, int chunk, EnginePlace? place = null)
    {
        place ??= EnginePlace.Processor;
        _graph = DecoderGraphLoading.Load(
            folder,
            new DecoderOptions
            {
                Slots = slots,
                Threads = threads,
                Spinning = true,
                PrefillChunk = chunk,
                WeightFormat = format,
                CacheFormat = place.CacheFormat,
                ExecutionProvider = place.Provider,
                Device = place.Device,
                CapturesSteps = place.Captures,
                PromptFormat = place.PromptFormat,
                MaximumCacheBytes = 16L << 30,
            },
            16L << 30);
        (_tokens, _lengths) = (new int[slots], new int[slots]);
        Name = $"GenAiLab {format}, chunk {_graph.MaximumTokens}";
    }

    public string Name { get; }

    public DecoderGraph Graph => _graph;

    public void Fill(int sequences, int tokens)
    {
        for (var slot = 0; slot < sequences; slot++)
        {
            Run(slot, tokens);
        }
    }

    // What lies behind a sequence's length is never read.
    public void Rewind(int sequences, int tokens)
    {
    }

    public void Step(int sequences, int position)
    {
        for (var at = 0; at < sequences; at++)
        {
            (_tokens[at], _lengths[at]) = (Tokens.At(position), position);
        }

        _graph.Decode(_tokens.AsSpan(0, sequences), _lengths.AsSpan(0, sequences));
    }

    public void Prefill(int tokens) => Run(0, tokens);

    public float[] Logits() => _logits = _graph.Row(0).ToArray();

    public void Dispose() => _graph.Dispose();

    private void Run(int slot, int tokens)
    {
        for (var at = 0; at < tokens; at += _graph.MaximumTokens)
        {
            var count = Math.Min(_graph.MaximumTokens, tokens - at);
            _graph.Prefill(slot, at, Tokens.From(at, count), 1);
        }
    }
}

/// <summary>Where the engine computes.</summary>
/// <param name="Provider">CPU or CUDA.</param>
/// <param name="Device">Number of the GPU.</param>
/// <param name="CacheFormat">Of keys and values: fp32, fp16 or int8.</param>
/// <param name="Captures">Whether decode steps are launched as CUDA graphs.</param>
/// <param name="PromptFormat">Of the weights for prompts; empty: the same.</param>
public sealed record EnginePlace(string Provider, int Device, string CacheFormat, bool Captures = true, string PromptFormat = "")
{
    /// <summary>The processor, all in 32 bits.</summary>
    public static EnginePlace Processor { get; } = new(DecoderOptions.Cpu, 0, "fp32");

    /// <summary>What the GPU is called; null: the processor computes.</summary>
    public string? Gpu => Provider == DecoderOptions.Cuda ? CudaCacheMemory.DeviceName(Device) : null;
}

/// <summary>The text that is run: any ids do, as long as they are the same for all.</summary>
internal static class Tokens
{
    public static int At(int position) => (position * 7919 % 1999) + 1;

    public static int[] From(int position, int count) => [.. Enumerable.Range(position, count).Select(At)];
}
