using System.Diagnostics;
using GenAiLab.Benchmarks.LlamaCpp;
using GenAiLab.Benchmarks.Reference;
using GenAiLab.Benchmarks.Reporting;
using GenAiLab.Models.Quantization;

namespace GenAiLab.Benchmarks.Engine;

/// <summary>What to measure.</summary>
/// <param name="Model">The reference weights.</param>
/// <param name="Formats">Formats of the lab's weights.</param>
/// <param name="Threads">Of both sides.</param>
/// <param name="Rounds">Times that each figure is taken; the median counts.</param>
/// <param name="Widths">Batch widths of the decode steps.</param>
/// <param name="Depths">Tokens in each sequence before the steps.</param>
/// <param name="Prompts">Lengths of the prompts.</param>
/// <param name="Work">Where weights are kept between runs.</param>
/// <param name="LlamaLibraries">The folder of llama.cpp's libraries; null: no peer.</param>
/// <param name="Place">Where the lab's side computes; null: on the processor.</param>
public sealed record EngineBenchmarkOptions(
    ReferenceModel Model, IReadOnlyList<WeightFormat> Formats, int Threads, int Rounds, IReadOnlyList<int> Widths,
    IReadOnlyList<int> Depths, IReadOnlyList<int> Prompts, string Work, string? LlamaLibraries, EnginePlace? Place = null);

/// <summary>
/// The lab's engine beside llama.cpp on the same weights: in every round each figure is taken from one and
/// then from the other, so that what else the machine does meets both.
/// </summary>
public static class EngineBenchmark
{
    private const double LeastSeconds = 0.5;

    /// <summary>Runs it.</summary>
    /// <param name="options">What to measure.</param>
    /// <param name="progress">Is told each line of progress.</param>
    /// <param name="cancellation">Ends it between two figures.</param>
    public static IReadOnlyList<Comparison> Run(EngineBenchmarkOptions options, Action<string> progress, CancellationToken cancellation)
    {
        List<Comparison> comparisons = [];
        var folder = options.Model.WriteFolder(options.Work);
        var bandwidth = new MemoryBandwidth(options.Threads);
        var best = new Dictionary<(GgmlType, string), LlamaSettings>();
        foreach (var format in options.Formats)
        {
            cancellation.ThrowIfCancellationRequested();
            var slots = options.Widths.Max();
            using var ours = new EngineTarget(folder, format.Name(), slots, options.Threads, chunk: 512, options.Place);
            using var peers = options.LlamaLibraries is { } libraries ? new LlamaPeers(libraries, options, GgufFile.TypeFor(format), best) : null;
            foreach (var (depth, width) in options.Depths.SelectMany(depth => options.Widths.Select(width => (depth, width))))
            {
                var figure = $"decode, {width} streams at {depth}";
                Figure(figure, target => target.Fill(width, depth), target => Decode(target, width, depth), width);
            }

            foreach (var prompt in options.Prompts)
            {
                Figure($"prefill {prompt}", static _ => { }, target => PrefillRate(target, prompt), 1);
            }

            void Figure(string name, Action<IDecodeTarget> prepare, Func<IDecodeTarget, double> measure, int width)
            {
                cancellation.ThrowIfCancellationRequested();
                var peer = peers?.Best(name, prepare, measure, width);
                List<double> own = [], other = [], memory = [];
                prepare(ours);
                measure(ours);
                for (var round = 0; round < options.Rounds; round++)
                {
                    own.Add(measure(ours));
                    if (peer is not null)
                    {
                        other.Add(measure(peer));
                    }

                    memory.Add(bandwidth.Measure());
                }

                var share = name.StartsWith("decode", StringComparison.Ordinal) && width == 1
                    ? Statistics.Median(own) * options.Model.BytesRead(format) / Statistics.Median(memory) : (double?)null;
                var comparison = new Comparison(options.Model.Name, format.Name(), name, own, peer?.Name, other, Statistics.Median(memory), share);
                comparisons.Add(comparison);
                progress(comparison.ToString());
            }
        }

        return comparisons;
    }

    /// <summary>The largest difference of the logits of both sides after a prompt and a step: are they the same weights?</summary>
    public static float LargestDifference(EngineBenchmarkOptions options)
    {
        using var ours = new EngineTarget(options.Model.WriteFolder(options.Work), "fp32", 1, options.Threads, chunk: 512);
        using var peer = new LlamaTarget(
            options.LlamaLibraries!, GgufFile.Write(options.Model, GgmlType.F32, options.Work), new LlamaSettings(false, true, false), 1,
            options.Model.Config.ContextLength, options.Threads, options.Model.Config.VocabularySize);
        foreach (var target in new IDecodeTarget[] { ours, peer })
        {
            target.Fill(1, 20);
            target.Step(1, 20);
        }

        return ours.Logits().Zip(peer.Logits()).Max(static pair => Math.Abs(pair.First - pair.Second));
    }

    // Tokens per second; the sequences are as long at the end as at the beginning of the next call.
    private static double Decode(IDecodeTarget target, int width, int depth)
    {
        target.Rewind(width, depth);
        target.Step(width, depth);
        var steps = 0;
        var started = Stopwatch.GetTimestamp();
        do
        {
            target.Step(width, depth + 1 + steps++);
        }
        while (steps < 4 || (steps < 32 && Stopwatch.GetElapsedTime(started).TotalSeconds < LeastSeconds));

        return width * steps / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static double PrefillRate(IDecodeTarget target, int tokens)
    {
        var runs = 0;
        var started = Stopwatch.GetTimestamp();
        do
        {
            target.Prefill(tokens);
            runs++;
        }
        while (Stopwatch.GetElapsedTime(started).TotalSeconds < LeastSeconds);

        return tokens * runs / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}
