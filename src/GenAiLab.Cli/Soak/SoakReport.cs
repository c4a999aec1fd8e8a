using System.Globalization;
using System.Text.Json;
using GenAiLab.Benchmarks.Reporting;

namespace GenAiLab.Cli.Soak;

/// <summary>The figures as lines of text, or as JSON.</summary>
internal static class SoakReport
{
    private const double Megabyte = 1e6;
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>One look at the services, on one line.</summary>
    public static string Line(SoakSample sample) => string.Create(
        CultureInfo.InvariantCulture,
        $"{sample.At.TotalMinutes,6:0.0} min  {sample.Slots,3} slots  {string.Join("  ", sample.Services.Select(static one => string.Create(CultureInfo.InvariantCulture, $"{one.Key} {one.Value.ResidentBytes / Megabyte:0} MB {one.Value.Handles}/{one.Value.Threads}")))}");

    /// <summary>Latencies by kind, and each criterion with its figure.</summary>
    public static IEnumerable<string> Lines(SoakFigures figures, IReadOnlyList<SoakCriterion> criteria)
    {
        yield return $"{"request",-28} {"times",7} {"p50",9} {"p99",9} {"p50",9} {"p99",9}   (ms; first sixth, last sixth)";
        foreach (var kind in figures.Latencies)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{kind.Kind,-28} {kind.Count,7} {Milliseconds(kind.First, 50),9:0.0} {Milliseconds(kind.First, 99),9:0.0} {Milliseconds(kind.Last, 50),9:0.0} {Milliseconds(kind.Last, 99),9:0.0}");
        }

        yield return "";
        foreach (var criterion in criteria)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{Verdict(criterion),-10} {criterion.Subject}: {criterion.What} {criterion.Figure:0.###}{Unit(criterion)}{Between(criterion)}, at most {criterion.Limit:0.##}{(criterion.NotJudged is { } why ? $" ({why})" : "")}");
        }

        foreach (var failure in figures.Failures)
        {
            yield return $"           {failure}";
        }

        var missed = criteria.Count(static criterion => criterion.IsMissed);
        yield return "";
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"{figures.Latencies.Sum(static kind => kind.Count)} requests of {figures.Latencies.Count} kinds in {figures.Settings.Duration.TotalMinutes:0.#} min. {(missed == 0 ? "Every criterion that could be judged held." : $"{missed} criteria missed.")}");
    }

    /// <summary>The same, and every sample.</summary>
    public static string Json(SoakFigures figures, IReadOnlyList<SoakCriterion> criteria) => JsonSerializer.Serialize(
        new
        {
            figures.Settings.Seed,
            Minutes = figures.Settings.Duration.TotalMinutes,
            figures.Settings.Clients,
            Passed = !criteria.Any(static criterion => criterion.IsMissed),
            Criteria = criteria.Select(static criterion => new
            {
                criterion.Subject,
                criterion.What,
                Figure = Finite(criterion.Figure),
                criterion.Limit,
                criterion.Unit,
                Low = Finite(criterion.Interval?.Low),
                High = Finite(criterion.Interval?.High),
                Verdict = Verdict(criterion),
                criterion.NotJudged,
            }),
            figures.Failures,
            Latencies = figures.Latencies.Select(static kind => new
            {
                kind.Kind,
                kind.Count,
                FirstP50Milliseconds = Finite(Milliseconds(kind.First, 50)),
                FirstP99Milliseconds = Finite(Milliseconds(kind.First, 99)),
                LastP50Milliseconds = Finite(Milliseconds(kind.Last, 50)),
                LastP99Milliseconds = Finite(Milliseconds(kind.Last, 99)),
            }),
            Samples = figures.Samples.Append(figures.After).Select(static sample => new
            {
                Seconds = sample.At.TotalSeconds,
                sample.Slots,
                Services = sample.Services.ToDictionary(static one => one.Key, static one => new { one.Value.ResidentBytes, one.Value.Handles, one.Value.Sockets, one.Value.Threads }),
            }),
        },
        Indented);

    private static string Verdict(SoakCriterion criterion) => criterion.NotJudged is not null ? "not judged" : criterion.IsMissed ? "MISSED" : "held";

    private static string Unit(SoakCriterion criterion) => criterion.Unit.Length > 0 ? $" {criterion.Unit}" : "";

    private static string Between(SoakCriterion criterion) =>
        criterion.Interval is var (low, high) ? string.Create(CultureInfo.InvariantCulture, $" [{low:0.###}, {high:0.###}]") : "";

    private static double Milliseconds(IReadOnlyList<double> seconds, double percent) => 1_000 * Statistics.Percentile(seconds, percent);

    // JSON has no NaN.
    private static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;
}
