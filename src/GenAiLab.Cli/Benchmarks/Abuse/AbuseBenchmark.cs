using System.Diagnostics;
using GenAiLab.Benchmarks.Reporting;
using GenAiLab.Cli.Benchmarks.Fleet;

namespace GenAiLab.Cli.Benchmarks.Abuse;

/// <summary>What an abuse costs those who behave.</summary>
/// <param name="Name">Of the abuse.</param>
/// <param name="Answer">How the service took it, the last time.</param>
/// <param name="PerSecond">Times that it was done in a second.</param>
/// <param name="CalmP99">Seconds that a request of the others took without it, 99th percentile.</param>
/// <param name="P99">The same beside it.</param>
/// <param name="Requests">Requests of the others beside it.</param>
/// <param name="Failed">Of them, those that failed, or had other tokens than without it.</param>
internal sealed record AbuseFigures(string Name, string Answer, double PerSecond, double CalmP99, double P99, int Requests, int Failed)
{
    /// <summary>How many times as long the others took.</summary>
    public double Ratio => P99 / CalmP99;
}

/// <summary>Clients that behave, beside one that does not. The calm and the abuse take turns, so that a busy machine touches both.</summary>
/// <param name="load">What the clients ask for.</param>
/// <param name="target">What is abused.</param>
/// <param name="clients">Clients that behave, each with one request at a time.</param>
/// <param name="period">How long each of a round's two halves takes.</param>
/// <param name="rounds">Rounds.</param>
internal sealed class AbuseBenchmark(Func<FleetLoad> load, AbuseTarget target, int clients, TimeSpan period, int rounds)
{
    // As fast as it answers, an abuser would measure the machine's cores and not the service.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    public async Task<AbuseFigures> RunAsync(string name, Func<AbuseTarget, CancellationToken, Task<string>> abuse, CancellationToken cancellation)
    {
        List<FleetAnswer> calm = [], beside = [];
        var (times, last, spent) = (0, "", TimeSpan.Zero);
        for (var round = 0; round < rounds; round++)
        {
            calm.AddRange(await MeasureAsync(Task.Delay(period, cancellation), cancellation));
            var began = Stopwatch.GetTimestamp();
            beside.AddRange(await MeasureAsync(AbuseAsync(began), cancellation));
            spent += Stopwatch.GetElapsedTime(began);
        }

        var known = calm.GroupBy(static answer => answer.Number).ToDictionary(static same => same.Key, static same => same.First());
        return new AbuseFigures(
            name, last, times / spent.TotalSeconds, P99(calm), P99(beside), beside.Count,
            beside.Count(answer => answer.Error is not null || (known.TryGetValue(answer.Number, out var same) && !same.Tokens.SequenceEqual(answer.Tokens))));

        async Task AbuseAsync(long began)
        {
            while (Stopwatch.GetElapsedTime(began) < period)
            {
                last = await abuse(target, cancellation);
                times++;
                await Task.Delay(Pause, cancellation);
            }
        }
    }

    private async Task<IReadOnlyCollection<FleetAnswer>> MeasureAsync(Task until, CancellationToken cancellation)
    {
        var fresh = load();
        await fresh.RunAsync(clients, clients, until, cancellation);
        return fresh.Answers;
    }

    private static double P99(IEnumerable<FleetAnswer> answers) => Statistics.Percentile(answers.Where(static answer => answer.Error is null).Select(static answer => answer.Seconds), 99);
}
