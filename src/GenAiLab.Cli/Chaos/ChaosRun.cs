using System.Diagnostics;
using Grpc.Core;

namespace GenAiLab.Cli.Chaos;

/// <summary>Streams that go on and on, and faults that strike one after the other: each has healed before the next one comes.</summary>
/// <param name="lab">What is struck.</param>
/// <param name="settings">How.</param>
/// <param name="say">Told each fault when it is over.</param>
internal sealed class ChaosRun(ChaosLab lab, ChaosSettings settings, Action<FaultRecord> say)
{
    /// <summary>After a fault of a decoder it has streams again within this time, and after the last stream all that it held is given back.</summary>
    public static readonly TimeSpan BackLimit = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan LookPeriod = TimeSpan.FromMilliseconds(100);
    private readonly Dictionary<int, ChaosAnswer> _calm = [];
    private readonly List<FaultRecord> _records = [];
    private readonly Lock _gate = new();
    private readonly List<string> _differences = [];
    private FaultRecord _current = null!;
    private int _answers;
    private int _next;
    private volatile bool _ending;

    /// <summary>The undisturbed run, the disturbed one, and the quiet after it.</summary>
    public async Task<ChaosFigures> RunAsync(CancellationToken cancellation)
    {
        await CalmAsync(cancellation);
        var before = await QuietAsync(null, cancellation);
        var random = new Random(settings.Seed);
        var began = Stopwatch.GetTimestamp();
        var faults = Fault.Deal(lab.Replicas, settings.Only, random).TakeWhile((_, at) =>
            at == 0 || ((settings.MaximumFaults == 0 || at < settings.MaximumFaults) && Stopwatch.GetElapsedTime(began) < settings.Duration));
        Task? streams = null;
        foreach (var fault in faults)
        {
            Volatile.Write(ref _current, new FaultRecord(fault));
            streams ??= Task.WhenAll(Enumerable.Range(0, settings.Streams).Select(_ => StreamAsync(cancellation)));
            await StrikeAsync(_current, random, cancellation);
            _records.Add(_current);
            say(_current);
        }

        _ending = true;
        await streams!;
        return new ChaosFigures(
            settings, lab.Replicas, _records, _answers, _differences, before, await QuietAsync(before, cancellation), Stopwatch.GetElapsedTime(began));
    }

    private async Task CalmAsync(CancellationToken cancellation)
    {
        var client = new ChaosClient(lab, settings.Seed, new FaultRecord(new Fault(FaultKind.Delay, "", 0)));
        foreach (var numbers in Enumerable.Range(0, ChaosRequests.Count).Chunk(settings.Streams))
        {
            foreach (var answer in await Task.WhenAll(numbers.Select(number => client.RunAsync(number, cancellation))))
            {
                _calm[answer.Number] = answer.Error is null ? answer : throw new Commands.CommandException($"undisturbed, request {answer.Number} failed: {answer.Error}");
            }
        }
    }

    private async Task StreamAsync(CancellationToken cancellation)
    {
        while (!_ending)
        {
            var number = (Interlocked.Increment(ref _next) - 1) % ChaosRequests.Count;
            var answer = await new ChaosClient(lab, settings.Seed, new Current(this)).RunAsync(number, cancellation);
            lock (_gate)
            {
                _answers++;
                if (answer.DifferenceFrom(_calm[number]) is { } difference)
                {
                    _differences.Add($"{difference}, during {_current.Fault.Name}");
                }
            }
        }
    }

    private async Task StrikeAsync(FaultRecord record, Random random, CancellationToken cancellation)
    {
        // Some streams have just begun then, some are about to end.
        await Task.Delay(random.Next(50, 500), cancellation);
        var fault = record.Fault;
        var link = lab.Links[fault.Service == "decoder" ? fault.Replica : 0];
        switch (fault.Kind)
        {
            case FaultKind.Kill:
                lab.Process(fault.Service, fault.Replica).Kill();
                break;
            case FaultKind.Freeze:
                lab.Process(fault.Service, fault.Replica).Freeze();
                break;
            case FaultKind.Cut:
                link.Cut();
                break;
            case FaultKind.HalfOpen:
                link.HalfOpen();
                break;
            case FaultKind.Partition:
                link.Partition();
                break;
            case FaultKind.Delay:
                link.Delay(Fault.DelayTime);
                break;
            default:
                link.Lose(Fault.LostShare);
                break;
        }

        if (fault.Lasts)
        {
            await Task.Delay(settings.Hold, cancellation);
        }

        var began = Stopwatch.GetTimestamp();
        if (fault.Kind == FaultKind.Kill)
        {
            await lab.RestartAsync(fault.Service, fault.Replica, cancellation);
            record.ReadyAfter = Stopwatch.GetElapsedTime(began);
        }
        else if (fault.Kind == FaultKind.Freeze)
        {
            lab.Process(fault.Service, fault.Replica).Thaw();
        }

        if (fault.Service == "orchestrator")
        {
            await lab.ReconnectAsync(fault.Replica, cancellation);
        }

        link.Mend();
        if (fault.Service == "decoder")
        {
            var admitted = fault.Kind == FaultKind.Kill ? 0 : await lab.AdmittedAsync(fault.Replica, cancellation);
            record.IsLost = !await WaitAsync(async () => await lab.AdmittedAsync(fault.Replica, cancellation) > admitted, cancellation);
            record.BackAfter = Stopwatch.GetElapsedTime(began);
        }
    }

    // With nothing to compare with: as soon as no stream is left.
    private async Task<Footprints> QuietAsync(Footprints? before, CancellationToken cancellation)
    {
        var now = await Footprints.TakeAsync(lab, cancellation);
        await WaitAsync(
            async () =>
            {
                now = await Footprints.TakeAsync(lab, cancellation);
                return now.Streams == 0 && (before is null || now.Above(before).Count == 0);
            },
            cancellation);
        return now;
    }

    private static async Task<bool> WaitAsync(Func<Task<bool>> isSo, CancellationToken cancellation)
    {
        var began = Stopwatch.GetTimestamp();
        while (!await isSo())
        {
            if (Stopwatch.GetElapsedTime(began) > BackLimit)
            {
                return false;
            }

            await Task.Delay(LookPeriod, cancellation);
        }

        return true;
    }

    // Whatever the fault is when it is noticed.
    private sealed class Current(ChaosRun run) : IChaosObserver
    {
        private FaultRecord Record => Volatile.Read(ref run._current);

        public void TokenCame(TimeSpan pause) => Record.TokenCame(pause);

        public void Resumed() => Record.Resumed();

        public void Retried(int orchestrator, RpcException error) => Record.Retried(orchestrator, error);
    }
}
