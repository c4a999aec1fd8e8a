using System.Text.Json;
using System.Text.RegularExpressions;

namespace GenAiLab.EndToEnd.Observing;

/// <summary>The expressions of deploy: those of the Grafana dashboard and of the Prometheus rules.</summary>
internal static partial class Dashboard
{
    /// <summary>Title and expression of everything that the dashboard draws.</summary>
    public static IEnumerable<(string Panel, string Expression)> Panels() =>
        from panel in Json().GetProperty("panels").EnumerateArray()
        where panel.TryGetProperty("targets", out _)
        from target in panel.GetProperty("targets").EnumerateArray()
        select (panel.GetProperty("title").GetString()!, target.GetProperty("expr").GetString()!);

    /// <summary>The queries of its variables.</summary>
    public static IEnumerable<string> Variables() =>
        from variable in Json().GetProperty("templating").GetProperty("list").EnumerateArray()
        where variable.GetProperty("type").GetString() == "query"
        select variable.GetProperty("definition").GetString()!;

    /// <summary>As Grafana sends it when everything is selected.</summary>
    public static string Filled(string expression) => expression
        .Replace("$__rate_interval", "1m", StringComparison.Ordinal)
        .Replace("$replica", ".*", StringComparison.Ordinal)
        .Replace("$model", ".*", StringComparison.Ordinal);

    /// <summary>The metrics that an expression names.</summary>
    public static IEnumerable<string> Metrics(string expression) =>
        Name().Matches(Labels().Replace(expression, " ")).Select(static match => match.Value).Where(static name => !Words.Contains(name)).Distinct();

    private static readonly HashSet<string> Words = ["and", "bool", "by", "group_left", "group_right", "ignoring", "on", "or", "unless", "without"];

    private static JsonElement Json() =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(Lab.Repository, "deploy", "grafana", "genailab.json"))).RootElement;

    // Selectors, ranges, texts and lists of labels name no metric.
    [GeneratedRegex("""\{[^}]*\}|\[[^\]]*\]|"[^"]*"|\b(?:by|on|without|ignoring|group_left|group_right)\s*\([^)]*\)""")]
    private static partial Regex Labels();

    // What is called is a function.
    [GeneratedRegex(@"(?<![\w:.])[a-zA-Z_:][\w:]*\b(?!\s*\()")]
    private static partial Regex Name();
}
