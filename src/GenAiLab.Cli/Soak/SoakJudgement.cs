using GenAiLab.Benchmarks.Reporting;
using GenAiLab.Cli.Chaos;
using GenAiLab.Experiments.Statistics;

namespace GenAiLab.Cli.Soak;

/// <summary>
/// What a run must show. Memory counts after the first sixth: until then caches fill and code is compiled. Sen's interval is that
/// of independent readings; memory goes up in steps, so that the true one is wider, and the verdict goes by the slope itself.
/// </summary>
internal static class SoakJudgement
{
    /// <summary>Slope of a service's memory, in MB an hour.</summary>
    public const double SlopeLimit = 1;

    /// <summary>p99 in the last sixth as a share of that in the first.</summary>
    public const double LatencyLimit = 1.1;

    /// <summary>As many more handles and threads are no leak: pools grow and shrink. A leak has one for each of thousands of requests.</summary>
    public const int PoolLimit = 16;

    /// <summary>As many more slots, with as many clients, are chance.</summary>
    public const int SlotLimit = 2;

    /// <summary>With fewer requests the 99th percentile is the slowest of them.</summary>
    public const int LeastRequests = 100;

    // Each pair of points has a slope: so many points are enough, and half a million slopes are not too many.
    private const int MostPoints = 1_000;
    private const double Megabyte = 1e6;

    /// <summary>Each criterion with its figure, in a fixed order.</summary>
    /// <exception cref="ArgumentException">There are fewer than 3 samples after the first sixth.</exception>
    public static IReadOnlyList<SoakCriterion> Judge(SoakFigures figures)
    {
        var sixth = figures.Settings.Duration / 6;
        List<SoakSample> warm = [.. figures.Samples.Where(sample => sample.At >= sixth)];
        if (warm.Count < 3)
        {
            throw new ArgumentException($"{warm.Count} samples after the first sixth", nameof(figures));
        }

        List<SoakSample> early = [.. warm.Where(sample => sample.At < 2 * sixth)];
        List<SoakSample> late = [.. warm.Where(sample => sample.At >= 5 * sixth)];
        (early, late) = (early.Count > 0 ? early : [warm[0]], late.Count > 0 ? late : [warm[^1]]);
        return
        [
            .. figures.After.Services.Keys.Select(service => Slope(service, warm)),
            .. figures.After.Services.Keys.Select(service => Drift(service, "handles", early, late, PoolLimit, sample => sample.Services[service].Handles)),
            .. figures.After.Services.Keys.Select(service => Drift(service, "threads", early, late, PoolLimit, sample => sample.Services[service].Threads)),
            Drift("decoder", "slots in use", early, late, SlotLimit, static sample => sample.Slots),
            new SoakCriterion("decoder", "slots in use after the last request", figures.After.Slots, 0, ""),
            new SoakCriterion("requests", "failed, or with another answer", figures.FailedCount, 0, ""),
            .. figures.Latencies.Select(Latency),
        ];
    }

    // The median of each stretch of samples, so that a long run has no more points than a short one.
    private static SoakCriterion Slope(string service, List<SoakSample> samples)
    {
        var size = (samples.Count + MostPoints - 1) / MostPoints;
        var slope = RobustLine.Slope([.. samples.Chunk(size).Select(chunk => (
            Statistics.Median(chunk.Select(static sample => sample.At.TotalHours)),
            Statistics.Median(chunk.Select(sample => sample.Services[service].ResidentBytes / Megabyte))))]);
        return new SoakCriterion(service, "slope of the resident memory", slope.Value, SlopeLimit, "MB/h") { Interval = (slope.Low, slope.High) };
    }

    private static SoakCriterion Drift(string subject, string what, List<SoakSample> early, List<SoakSample> late, int limit, Func<SoakSample, int> read) => new(
        subject, $"{what}, last sixth less the second", Statistics.Median(late.Select(sample => (double)read(sample))) - Statistics.Median(early.Select(sample => (double)read(sample))), limit, "");

    private static SoakCriterion Latency(SoakLatencies latencies)
    {
        var (first, last) = (latencies.First.Count, latencies.Last.Count);
        return new SoakCriterion(
            latencies.Kind, "p99, last sixth by the first", Statistics.Percentile(latencies.Last, 99) / Statistics.Percentile(latencies.First, 99), LatencyLimit, "")
        {
            NotJudged = first < LeastRequests || last < LeastRequests ? $"{first} and {last} requests, {LeastRequests} are needed" : null,
        };
    }
}
