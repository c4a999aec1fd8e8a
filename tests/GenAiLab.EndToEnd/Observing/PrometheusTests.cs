using System.Text.Json;

namespace GenAiLab.EndToEnd.Observing;

/// <summary>What deploy/ has for operators works on a lab that really runs, with a Prometheus that really scrapes.</summary>
[Collection(typeof(ObservedLabCollection))]
public sealed class PrometheusTests(ObservedLab lab)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);
    private static readonly string[] Services = ["orchestrator", "tokenizer", "classifier", "decoder", "preferences"];

    [Fact]
    public async Task Every_rule_is_evaluated_and_every_panel_shows_something()
    {
        Assert.SkipUnless(PrometheusProcess.IsInstalled, PrometheusProcess.Missing);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        await using var prometheus = PrometheusProcess.Start(Services.ToDictionary(static service => service, service => lab.Lab.Http(service)));
        while (await prometheus.CountAsync("up == 1", limit.Token) < Services.Length)
        {
            limit.Token.ThrowIfCancellationRequested();
        }

        // A rate needs a change between two scrapes: there is life until everything has been seen.
        var wanted = Dashboard.Panels().Select(static panel => (panel.Panel, Expression: Dashboard.Filled(panel.Expression))).ToList();
        List<string> empty;
        List<JsonElement> rules;
        do
        {
            await lab.LiveADayAsync();
            rules = await RulesAsync(prometheus, limit.Token);
            var recorded = rules.Where(static rule => rule.GetProperty("type").GetString() == "recording")
                .Select(static rule => (Panel: "rules.yml", Expression: rule.GetProperty("name").GetString()!));
            empty = [];
            foreach (var (panel, expression) in wanted.Concat(recorded))
            {
                if (await prometheus.CountAsync(expression, limit.Token) == 0)
                {
                    empty.Add($"{panel}: {expression}");
                }
            }
        }
        while ((empty.Count > 0 || rules.Any(static rule => rule.GetProperty("health").GetString() != "ok")) && !limit.IsCancellationRequested);

        Assert.Empty(empty);
        Assert.All(rules, static rule => Assert.Equal("ok", rule.GetProperty("health").GetString()));
        Assert.True(rules.Count > 10);
        // Nothing is wrong with this lab that would wake anybody.
        Assert.DoesNotContain(rules, static rule =>
            rule.TryGetProperty("state", out var state) && state.GetString() == "firing" && rule.GetProperty("labels").GetProperty("severity").GetString() == "critical");
    }

    [Fact]
    public async Task Every_metric_that_the_rules_and_the_dashboard_name_is_one_that_the_services_emit()
    {
        await lab.LiveADayAsync();
        var scrapes = await Task.WhenAll(Services.Select(service => Scrape.OfAsync(lab.Lab.Http(service), TestContext.Current.CancellationToken)));
        var emitted = scrapes.SelectMany(static scrape => scrape.Names).ToHashSet();
        // Prometheus's own.
        emitted.UnionWith(["up", "ALERTS"]);
        var rules = await File.ReadAllTextAsync(Path.Combine(PrometheusProcess.Folder, "rules.yml"), TestContext.Current.CancellationToken);
        var recorded = Values(rules, "record").ToHashSet();

        var named = Values(rules, "expr").Concat(Dashboard.Panels().Select(static panel => panel.Expression)).SelectMany(Dashboard.Metrics)
            .Concat(Dashboard.Variables().Select(static query => query.Split('(', ',')[1])).ToHashSet();

        Assert.Empty(named.Except(emitted).Except(recorded));
        Assert.True(named.Count > 20);
    }

    private static async Task<List<JsonElement>> RulesAsync(PrometheusProcess prometheus, CancellationToken cancellation) =>
        await prometheus.AskAsync("/api/v1/rules", cancellation) is { } data
            ? [.. data.GetProperty("groups").EnumerateArray().SelectMany(static group => group.GetProperty("rules").EnumerateArray())]
            : [];

    /// <summary>The values of a key in a file of rules, on the key's line or indented below it.</summary>
    private static IEnumerable<string> Values(string yaml, string key)
    {
        var lines = yaml.Split('\n');
        for (var at = 0; at < lines.Length; at++)
        {
            var start = lines[at].IndexOf($"{key}:", StringComparison.Ordinal);
            if (start < 0 || lines[at].AsSpan(0, start).Trim(" -").Length > 0)
            {
                continue;
            }

            var value = lines[at][(start + key.Length + 1)..].Trim();
            yield return value != "|" ? value : string.Join(' ', lines.Skip(at + 1).TakeWhile(line => line.Length == 0 || line[..Math.Min(start + 1, line.Length)].Trim().Length == 0));
        }
    }
}
