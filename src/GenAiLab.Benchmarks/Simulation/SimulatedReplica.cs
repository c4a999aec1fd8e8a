using GenAiLab.Balancing;
using GenAiLab.Decoder.Scheduling;

namespace GenAiLab.Benchmarks.Simulation;

/// <summary>A stream in a simulated decoder.</summary>
/// <param name="request">What is asked for.</param>
/// <param name="stream">What the scheduler knows of it.</param>
internal sealed class SimulatedStream(SimulatedRequest request, ScheduledStream stream)
{
    public SimulatedRequest Request => request;

    public ScheduledStream Stream => stream;

    public int Generated { get; set; }

    public double FirstToken { get; set; }
}

/// <summary>
/// A decoder without a model: the scheduler that the service has, with its line, its slots and its prefix
/// cache, and costs in the place of runs.
/// </summary>
internal sealed class SimulatedReplica(int index, DecoderCost cost, int maximumWaiting)
{
    private readonly Scheduler _scheduler = new(new SchedulerSettings(cost.Slots, cost.Granularity, cost.ContextLength, maximumWaiting, long.MaxValue, ExactReuse: true));
    private readonly Dictionary<ScheduledStream, SimulatedStream> _streams = [];
    private StepPlan? _running;
    private (int Streams, long Pending, double At) _report;
    private (int Open, long PromptTokens) _since;

    public ulong Key { get; } = RoutingKey(index);

    /// <summary>What the router believes of its cache.</summary>
    public PrefixRecord Prefixes { get; } = new(cost.Slots);

    /// <summary>Seconds in which it ran something.</summary>
    public double Busy { get; private set; }

    public long PromptTokens => _scheduler.PromptTokens;

    public long ReusedTokens => _scheduler.ReusedTokens;

    public bool IsRunning => _running is not null;

    /// <summary>How the router sees it: a report that may be a little old, and what it has sent since.</summary>
    public ReplicaView View(double now, double reportInterval, ReadOnlySpan<ulong> prefix)
    {
        if (now - _report.At >= reportInterval)
        {
            _report = (_scheduler.SlotsInUse + _scheduler.Waiting, _scheduler.PendingPromptTokens, now);
            _since = default;
        }

        return new ReplicaView(
            Key, Availability.Serving, cost.Slots, Math.Max(0, _report.Streams + _since.Open), _report.Pending + _since.PromptTokens,
            Prefixes.Match(prefix) * cost.Granularity);
    }

    /// <returns>False: its line is full.</returns>
    public bool TryTake(SimulatedRequest request, ulong[] keys)
    {
        var stream = new ScheduledStream(request.Prompt);
        if (_scheduler.Enqueue(stream) != Refusal.None)
        {
            return false;
        }

        _since = (_since.Open + 1, _since.PromptTokens + request.Prompt.Length - (Prefixes.Match(keys) * cost.Granularity));
        Prefixes.Add(keys);
        _streams[stream] = new SimulatedStream(request, stream);
        return true;
    }

    /// <summary>Plans the next round, as the engine's loop does.</summary>
    /// <param name="stretch">How much longer it takes than alone.</param>
    /// <returns>Seconds that it takes; null: there is nothing to do.</returns>
    public double? Begin(double stretch)
    {
        while (_scheduler.Admit().Count > 0)
        {
        }

        var plan = _scheduler.Plan();
        if (plan.IsEmpty)
        {
            _running = null;
            return null;
        }

        _running = plan;
        var seconds = stretch * (cost.Step(plan.Decode.Count) + plan.Prefill.Sum(chunk => cost.Chunk(chunk.Tokens)));
        Busy += seconds;
        return seconds;
    }

    /// <summary>The round is over.</summary>
    /// <param name="now">Time.</param>
    /// <param name="ended">Gets the streams that are complete.</param>
    public void End(double now, ICollection<SimulatedStream> ended)
    {
        foreach (var stream in _running!.Decode)
        {
            Ran(stream, 1, now, ended);
        }

        foreach (var (stream, tokens) in _running.Prefill)
        {
            Ran(stream, tokens, now, ended);
        }

        _running = null;
    }

    private void Ran(ScheduledStream scheduled, int tokens, double now, ICollection<SimulatedStream> ended)
    {
        _scheduler.Ran(scheduled, tokens);
        if (scheduled.Pending > 0)
        {
            return;
        }

        var stream = _streams[scheduled];
        stream.FirstToken = stream.Generated == 0 ? now : stream.FirstToken;
        if (++stream.Generated == stream.Request.Output)
        {
            _scheduler.Close(scheduled, keep: true);
            _streams.Remove(scheduled);
            _since.Open--;
            ended.Add(stream);
        }
        else
        {
            scheduled.Append([-1]);
        }
    }

    private static ulong RoutingKey(int index) => PrefixKeys.Of("replica", index.ToString(System.Globalization.CultureInfo.InvariantCulture));
}
