using System.Text.RegularExpressions;

namespace GenAiLab.EndToEnd.Observing;

/// <summary>What a service answers to Prometheus.</summary>
internal sealed partial class Scrape
{
    private Scrape(string text)
    {
        Text = text;
        Series = text.Split('\n').Select(static line => Line().Match(line)).Where(static match => match.Success).Select(static match => match.Value).ToHashSet();
    }

    /// <summary>Everything.</summary>
    public string Text { get; }

    /// <summary>Names with labels, without values.</summary>
    public IReadOnlySet<string> Series { get; }

    /// <summary>Names alone.</summary>
    public IEnumerable<string> Names => Series.Select(static series => series.Split('{')[0]).Distinct();

    public static async Task<Scrape> OfAsync(string httpAddress, CancellationToken cancellation)
    {
        using var http = new HttpClient();
        return new Scrape(await http.GetStringAsync($"{httpAddress}/metrics", cancellation));
    }

    /// <summary>The series of the lab's own metrics and of the conventions that it follows.</summary>
    public IEnumerable<string> Own => Series
        .Where(static series => series.StartsWith("genailab_", StringComparison.Ordinal) || series.StartsWith("gen_ai_", StringComparison.Ordinal) || series.StartsWith("rpc_", StringComparison.Ordinal))
        .Order(StringComparer.Ordinal);

    [GeneratedRegex(@"^[a-zA-Z_:][a-zA-Z0-9_:]*(?:\{(?:[^""}]|""(?:[^""\\]|\\.)*"")*\})?(?= )")]
    private static partial Regex Line();
}
