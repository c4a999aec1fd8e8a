using System.Diagnostics;
using GenAiLab.Benchmarks.Engine;
using GenAiLab.Benchmarks.Reference;
using GenAiLab.Models.Quantization;

namespace GenAiLab.Benchmarks.Curves;

/// <summary>How long a decode step takes, by context, batch and vocabulary. The points of a line are taken in turn in every round.</summary>
/// <param name="Threads">Of ONNX Runtime.</param>
/// <param name="Rounds">Times that each point is taken.</param>
/// <param name="Work">Where weights are kept.</param>
public sealed record StepCurves(int Threads, int Rounds, string Work)
{
    private const int Chunk = 512;
    private const int Steps = 8;

    /// <summary>Milliseconds of a step of one stream by the tokens before it.</summary>
    public Curve Context(ReferenceModel model, IReadOnlyList<WeightFormat> formats, CancellationToken cancellation) => new(
        "context", $"Decode step of one stream, {model.Name}", "tokens before the step", "ms",
        [.. formats.Select(format =>
        {
            var last = model.Config.ContextLength - Steps - 1;
            int[] depths = [1, .. Doublings(64, last - 1), last];
            using var target = Load(model, format, slots: 1);
            target.Fill(1, last);
            return Measure(format.Name(), depths, depth => Step(target, 1, depth), cancellation);
        })]);

    /// <summary>Milliseconds of a step by the streams in it.</summary>
    public Curve Batch(ReferenceModel model, IReadOnlyList<WeightFormat> formats, int depth, CancellationToken cancellation) => new(
        "batch", $"Decode step at {depth} tokens, {model.Name}", "streams", "ms",
        [.. formats.Select(format =>
        {
            int[] widths = [.. Doublings(1, 32)];
            using var target = Load(model, format, widths[^1]);
            target.Fill(widths[^1], depth);
            return Measure(format.Name(), widths, width => Step(target, width, depth), cancellation);
        })]);

    /// <summary>Milliseconds of a step of one stream by the tokens of the vocabulary.</summary>
    public Curve Vocabulary(ReferenceModel model, IReadOnlyList<WeightFormat> formats, IReadOnlyList<int> sizes, CancellationToken cancellation) => new(
        "vocabulary", $"Decode step of one stream, layers of {model.Name}", "tokens of the vocabulary", "ms",
        [.. formats.Select(format =>
        {
            var targets = sizes.ToDictionary(static size => size, size => Load(Resized(model, size), format, slots: 1));
            try
            {
                return Measure(format.Name(), sizes, size => Step(targets[size], 1, 64), cancellation);
            }
            finally
            {
                foreach (var target in targets.Values)
                {
                    target.Dispose();
                }
            }
        })]);

    private static ReferenceModel Resized(ReferenceModel model, int vocabulary) =>
        new($"{model.Name}-vocabulary-{vocabulary}", model.Config with { VocabularySize = vocabulary });

    private static IEnumerable<int> Doublings(int first, int last)
    {
        for (var value = first; value <= last; value *= 2)
        {
            yield return value;
        }
    }

    private static double Step(EngineTarget target, int width, int depth)
    {
        target.Step(width, depth);
        var started = Stopwatch.GetTimestamp();
        for (var step = 0; step < Steps; step++)
        {
            target.Step(width, depth + step);
        }

        return Stopwatch.GetElapsedTime(started).TotalMilliseconds / Steps;
    }

    private EngineTarget Load(ReferenceModel model, WeightFormat format, int slots) =>
        new(model.WriteFolder(Work), format.Name(), slots, Threads, Chunk);

    private CurveSeries Measure(string name, IReadOnlyList<int> points, Func<int, double> milliseconds, CancellationToken cancellation)
    {
        var taken = points.Select(static _ => new List<double>()).ToArray();

        // The first round warms up.
        for (var round = -1; round < Rounds; round++)
        {
            for (var at = 0; at < points.Count; at++)
            {
                cancellation.ThrowIfCancellationRequested();
                var value = milliseconds(points[at]);
                if (round >= 0)
                {
                    taken[at].Add(value);
                }
            }
        }

        return new CurveSeries(name, [.. points.Select((point, at) => new CurvePoint(point, taken[at]))]);
    }
}
