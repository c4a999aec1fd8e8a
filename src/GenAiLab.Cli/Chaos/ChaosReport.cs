using System.Globalization;

namespace GenAiLab.Cli.Chaos;

/// <summary>The figures as lines of text: a table of the faults, what the lab held, and the rules that were broken.</summary>
internal static class ChaosReport
{
    private const string Columns = "{0,-34} {1,5} {2,10} {3,10} {4,9} {5,9} {6,9}";

    /// <summary>One fault that is over.</summary>
    public static string Line(FaultRecord record) => Row(record.Fault.Name, [record]);

    /// <summary>The heading of such lines.</summary>
    public static string Heading() =>
        string.Format(CultureInfo.InvariantCulture, Columns, "fault", "times", "moved", "by client", "pause", "serves", "back");

    public static IEnumerable<string> Lines(ChaosFigures figures)
    {
        yield return Heading();
        foreach (var group in figures.Records.GroupBy(static record => record.Fault.Name).OrderBy(static group => group.Key, StringComparer.Ordinal))
        {
            yield return Row(group.Key, [.. group]);
        }

        yield return Row("all", figures.Records);
        yield return "";
        yield return "moved: streams that went on at another decoder. by client: calls that ended with UNAVAILABLE and were made again with the tokens so far.";
        yield return "pause: the longest wait for a token. serves: from the start of a killed service to SERVING. back: until a decoder got streams again. In seconds.";
        yield return "";
        foreach (var (service, after) in figures.After.Services)
        {
            var before = figures.Before.Services[service];
            yield return $"{service,-13} sockets {before.Sockets} before, {after.Sockets} after; handles {before.Handles}, {after.Handles}; threads {before.Threads}, {after.Threads}";
        }

        var broken = figures.Broken();
        yield return "";
        yield return FormattableString.Invariant($"{figures.Answers} generations in {figures.Time.TotalSeconds:0} s, {figures.Differences.Count} failed or with other tokens; {figures.After.Streams} streams left in the decoders.");
        foreach (var rule in broken)
        {
            yield return $"BROKEN  {rule}";
        }

        yield return broken.Count == 0 ? "Every rule held." : $"{broken.Count} rules broken; --seed {figures.Settings.Seed} repeats the faults in this order.";
    }

    private static string Row(string name, IReadOnlyList<FaultRecord> records) => string.Format(
        CultureInfo.InvariantCulture, Columns, name, records.Count, records.Sum(static record => record.ResumedCount), records.Sum(static record => record.RetriedCount),
        Seconds(records.Max(static record => record.LongestPause)), Seconds(records.Max(static record => record.ReadyAfter)), Seconds(records.Max(static record => record.BackAfter)));

    private static string Seconds(TimeSpan? time) => time is { } known ? known.TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture) : "";
}
