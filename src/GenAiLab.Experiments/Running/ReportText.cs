using System.Globalization;

namespace GenAiLab.Experiments.Running;

/// <summary>A report for people to read.</summary>
public static class ReportText
{
    /// <summary>The lines, without line ends.</summary>
    public static IEnumerable<string> Lines(ExperimentReport report)
    {
        yield return string.Create(CultureInfo.InvariantCulture, $"{Verdict(report.Passed)}  {report.Name}  ({report.Seconds:0.0} s)");
        yield return $"  lesson says: {report.LessonSays}";
        yield return $"  does: {report.Does}";
        if (report.Error is { } error)
        {
            yield return $"  could not be run: {error}";
        }

        foreach (var measurement in report.Measurements)
        {
            var verdict = measurement.Criterion == Criterion.Reported ? "    " : Verdict(measurement.Passed);
            yield return $"  {verdict}  {measurement.What}: {Figure(measurement)}, N {measurement.N}{(Wanted(measurement.Criterion) is { Length: > 0 } wanted ? $", {wanted}" : "")}";
        }
    }

    /// <summary>The value, and its interval where it has one.</summary>
    public static string Figure(Measurement measurement) => measurement.Low == measurement.Value && measurement.High == measurement.Value
        ? Short(measurement.Value) : $"{Short(measurement.Value)} [{Short(measurement.Low)}, {Short(measurement.High)}]";

    /// <summary>What a figure has to be; empty: anything.</summary>
    public static string Wanted(Criterion criterion) => criterion switch
    {
        { AtLeast: { } low, AtMost: { } high } => low == high ? $"exactly {Short(low)}" : $"within [{Short(low)}, {Short(high)}]",
        { AtLeast: { } low } => $"at least {Short(low)}",
        { AtMost: { } high } => $"at most {Short(high)}",
        _ => "",
    };

    /// <summary>Four digits, and no exponent where a person would not write one.</summary>
    public static string Short(double value) => value switch
    {
        _ when double.IsNaN(value) => "not a number",
        0 => "0",
        _ when Math.Abs(value) is >= 1e-4 and < 1e9 => Math.Round(value, Math.Clamp(3 - (int)Math.Floor(Math.Log10(Math.Abs(value))), 0, 8)).ToString("0.########", CultureInfo.InvariantCulture),
        _ => value.ToString("0.###e0", CultureInfo.InvariantCulture),
    };

    private static string Verdict(bool passed) => passed ? "PASS" : "FAIL";
}
