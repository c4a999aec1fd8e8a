using System.Diagnostics;
using GenAiLab.Cli.Commands;
using Grpc.Core;

namespace GenAiLab.Cli.Soak;

/// <summary>Clients that each have one request at a time, of all kinds, while the services' processes are looked at.</summary>
/// <param name="lab">The services.</param>
/// <param name="settings">How long.</param>
/// <param name="say">Told each sample.</param>
internal sealed class SoakRun(SoakLab lab, SoakSettings settings, Action<SoakSample> say)
{
    // The rest is counted.
    private const int MostFailures = 20;
    private static readonly TimeSpan QuietLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LookPeriod = TimeSpan.FromMilliseconds(100);
    private readonly IReadOnlyList<SoakKind> _kinds = SoakMix.For(lab.Models);
    private readonly Dictionary<(string Kind, int Variant), string> _expected = [];
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (int Count, List<double> First, List<double> Last)> _latencies = [];
    private readonly List<string> _failures = [];
    private int _failed;

    /// <summary>Each request once, undisturbed; then all of them in turns until the time is over, and the quiet after it.</summary>
    /// <exception cref="CommandException">A request failed when nothing disturbed it, or a service ended.</exception>
    public async Task<SoakFigures> RunAsync(CancellationToken cancellation)
    {
        await CalmAsync(cancellation);
        var began = Stopwatch.GetTimestamp();
        List<SoakSample> samples = [];
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var looking = LookAsync(began, samples, ending.Token);
        var clients = Task.WhenAll(Enumerable.Range(0, settings.Clients).Select(client => Task.Run(() => ClientAsync(client, began, ending.Token), cancellation)));
        // Looking ends by itself only where there is nothing to look at any more.
        await Task.WhenAny(clients, looking);
        await ending.CancelAsync();
        await Task.WhenAll(clients, looking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellation.ThrowIfCancellationRequested();
        foreach (var task in new[] { looking, clients }.Where(static task => task.IsFaulted))
        {
            await task;
        }

        return new SoakFigures(
            settings, samples, [.. _kinds.Select(kind => Latencies(kind.Name))], _failed, _failures, await QuietAsync(began, cancellation));
    }

    private async Task CalmAsync(CancellationToken cancellation)
    {
        List<string> failures = [];
        foreach (var kind in _kinds)
        {
            for (var variant = 0; variant < settings.Variants; variant++)
            {
                try
                {
                    _expected[(kind.Name, variant)] = await kind.RunAsync(lab, variant, cancellation);
                }
                catch (RpcException error) when (!cancellation.IsCancellationRequested)
                {
                    failures.Add($"{kind.Name}, variant {variant}: {error.StatusCode}: {error.Status.Detail}");
                }
            }
        }

        if (failures.Count > 0)
        {
            throw new CommandException($"before the run, {failures.Count} requests failed: {string.Join("; ", failures)}");
        }
    }

    private async Task ClientAsync(int client, long began, CancellationToken cancellation)
    {
        var random = new Random((settings.Seed * 1_000) + client);
        var sixth = settings.Duration / 6;
        for (var at = TimeSpan.Zero; at < settings.Duration; at = Stopwatch.GetElapsedTime(began))
        {
            var (kind, variant) = (SoakMix.Draw(_kinds, isFirst: client == 0, random), random.Next(settings.Variants));
            var start = Stopwatch.GetTimestamp();
            string? failure = null;
            try
            {
                var answer = await kind.RunAsync(lab, variant, cancellation);
                failure = answer == _expected[(kind.Name, variant)] ? null : $"{kind.Name}, variant {variant}: another answer than before the run";
            }
            catch (RpcException error) when (!cancellation.IsCancellationRequested)
            {
                failure = $"{kind.Name}, variant {variant}: {error.StatusCode}: {error.Status.Detail}";
            }

            Note(kind.Name, at < sixth, at >= 5 * sixth, Stopwatch.GetElapsedTime(start).TotalSeconds, failure);
        }
    }

    private void Note(string kind, bool isFirst, bool isLast, double seconds, string? failure)
    {
        lock (_gate)
        {
            var (count, first, last) = Kept(kind);
            if (failure is not null)
            {
                _failed++;
                if (_failures.Count < MostFailures)
                {
                    _failures.Add(failure);
                }
            }
            else if (isFirst)
            {
                first.Add(seconds);
            }
            else if (isLast)
            {
                last.Add(seconds);
            }

            _latencies[kind] = (count + 1, first, last);
        }
    }

    private (int Count, List<double> First, List<double> Last) Kept(string kind) => _latencies.TryGetValue(kind, out var kept) ? kept : (0, [], []);

    private SoakLatencies Latencies(string kind)
    {
        var (count, first, last) = Kept(kind);
        return new SoakLatencies(kind, count, first, last);
    }

    private async Task LookAsync(long began, List<SoakSample> samples, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(settings.SamplePeriod);
        try
        {
            do
            {
                samples.Add(await SoakSample.TakeAsync(lab, Stopwatch.GetElapsedTime(began), cancellation));
                say(samples[^1]);
            }
            while (await timer.WaitForNextTickAsync(cancellation));
        }
        catch (Exception error) when (error is (RpcException or OperationCanceledException) && cancellation.IsCancellationRequested)
        {
            // The run is over.
        }
    }

    // A client that left has its slot back a moment later.
    private async Task<SoakSample> QuietAsync(long began, CancellationToken cancellation)
    {
        var start = Stopwatch.GetTimestamp();
        while (true)
        {
            var sample = await SoakSample.TakeAsync(lab, Stopwatch.GetElapsedTime(began), cancellation);
            if (sample.Slots == 0 || Stopwatch.GetElapsedTime(start) > QuietLimit)
            {
                return sample;
            }

            await Task.Delay(LookPeriod, cancellation);
        }
    }
}
