using System.Diagnostics;
using GenAiLab.Decoder;
using GenAiLab.Decoder.Engine;
using GenAiLab.Decoder.Graphs;
using GenAiLab.Sampling;
using GenAiLab.V1;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace GenAiLab.Benchmarks.Engine;

/// <summary>One generation, timed from its first token to its last.</summary>
/// <param name="Tokens">After the first.</param>
/// <param name="Seconds">For these.</param>
/// <param name="Bytes">Of the messages that carried them; 0 in process.</param>
public readonly record struct TimedGeneration(int Tokens, double Seconds, long Bytes)
{
    /// <summary>Tokens per second.</summary>
    public double Rate => Tokens / Seconds;
}

/// <summary>The same greedy generation without services: a bare loop, and the engine with its scheduler and sampler.</summary>
public sealed class LocalGeneration : IAsyncDisposable
{
    private readonly DecoderGraph _graph;
    private readonly DecodeEngine _engine;
    private readonly ServiceProvider _services;

    /// <param name="folder">The model.</param>
    /// <param name="threads">Of ONNX Runtime.</param>
    /// <param name="spinning">Whether they spin while they wait.</param>
    /// <param name="format">Of the weights.</param>
    public LocalGeneration(string folder, int threads, bool spinning, string format)
    {
        var options = new DecoderOptions { Threads = threads, Spinning = spinning, WeightFormat = format, Slots = 2, Deterministic = false };
        _services = new ServiceCollection().AddMetrics().AddSingleton<DecoderTelemetry>().BuildServiceProvider();
        _graph = DecoderGraphLoading.Load(folder, options, long.MaxValue);
        _engine = new DecodeEngine("reference", DecoderGraphLoading.Load(folder, options, long.MaxValue), options, batched: true, _services.GetRequiredService<DecoderTelemetry>(), NullLogger.Instance);
    }

    /// <summary>Ids of a prompt of the reference text.</summary>
    public static IEnumerable<int> Prompt(int tokens) => Tokens.From(0, tokens);

    /// <summary>Run, take the most probable, run.</summary>
    public TimedGeneration Bare(int prompt, int tokens)
    {
        Fill(prompt);
        var started = Stopwatch.GetTimestamp();
        for (var at = 0; at < tokens - 1; at++)
        {
            _graph.Decode([MostProbable()], [prompt + at]);
        }

        return new TimedGeneration(tokens - 1, Stopwatch.GetElapsedTime(started).TotalSeconds, 0);
    }

    /// <summary>The tokens that the bare loop chooses.</summary>
    public IReadOnlyList<int> Greedy(int prompt, int tokens)
    {
        Fill(prompt);
        List<int> chosen = [MostProbable()];
        while (chosen.Count < tokens)
        {
            _graph.Decode([chosen[^1]], [prompt + chosen.Count - 1]);
            chosen.Add(MostProbable());
        }

        return chosen;
    }

    /// <summary>The engine in this process, in pushdown mode.</summary>
    public async Task<TimedGeneration> EngineAsync(int prompt, int tokens, CancellationToken cancellation)
    {
        var request = new GenerateTokensRequest { MaxTokens = tokens, IgnoreEndOfSequence = true, Admission = new Admission { BypassPrefixCache = true } };
        var call = new GenerateCall([.. Prompt(prompt)], new SamplingOptions { Temperature = 0 }, request, request.Admission, _engine.Config, cancellation);
        _engine.Submit(call.First);
        await call.Responses.ReadAsync(cancellation);
        _engine.Wake();
        var started = Stopwatch.GetTimestamp();
        var count = 0;
        await foreach (var _ in call.Responses.ReadAllAsync(cancellation))
        {
            _engine.Wake();
            count++;
        }

        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        await call.Released;
        return new TimedGeneration(count, seconds, 0);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        _graph.Dispose();
        await _services.DisposeAsync();
    }

    private void Fill(int prompt)
    {
        for (var at = 0; at < prompt; at += _graph.MaximumTokens)
        {
            _graph.Prefill(0, at, Tokens.From(at, Math.Min(_graph.MaximumTokens, prompt - at)), 1);
        }
    }

    private int MostProbable()
    {
        var logits = _graph.Row(0);
        return logits.IndexOf(System.Numerics.Tensors.TensorPrimitives.Max(logits));
    }
}
