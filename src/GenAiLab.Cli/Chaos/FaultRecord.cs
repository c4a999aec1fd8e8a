using Grpc.Core;

namespace GenAiLab.Cli.Chaos;

/// <summary>What was seen of one fault, by all clients together. Thread-safe.</summary>
/// <param name="fault">Which.</param>
internal sealed class FaultRecord(Fault fault) : IChaosObserver
{
    private readonly Lock _gate = new();
    private TimeSpan _longestPause;
    private int _resumed;
    private readonly List<string> _retries = [];

    public Fault Fault => fault;

    /// <summary>From the start of a killed service's successor until it was SERVING; null: nothing was killed.</summary>
    public TimeSpan? ReadyAfter { get; set; }

    /// <summary>From the fault's end until a decoder had streams again; null: it was no decoder's.</summary>
    public TimeSpan? BackAfter { get; set; }

    /// <summary>Whether a decoder got no stream again within <see cref="ChaosRun.BackLimit"/>.</summary>
    public bool IsLost { get; set; }

    /// <summary>The longest wait of a client for a token.</summary>
    public TimeSpan LongestPause
    {
        get
        {
            lock (_gate)
            {
                return _longestPause;
            }
        }
    }

    /// <summary>Streams that the service moved to another decoder.</summary>
    public int ResumedCount => Volatile.Read(ref _resumed);

    /// <summary>Calls that ended with UNAVAILABLE and were made again by their client.</summary>
    public int RetriedCount
    {
        get
        {
            lock (_gate)
            {
                return _retries.Count;
            }
        }
    }

    /// <summary>What those calls were told, and by which orchestrator or in its place: each answer once.</summary>
    public IReadOnlyList<string> RetryReasons
    {
        get
        {
            lock (_gate)
            {
                return [.. _retries.Distinct()];
            }
        }
    }

    public void TokenCame(TimeSpan pause)
    {
        lock (_gate)
        {
            _longestPause = pause > _longestPause ? pause : _longestPause;
        }
    }

    public void Resumed() => Interlocked.Increment(ref _resumed);

    public void Retried(int orchestrator, RpcException error)
    {
        lock (_gate)
        {
            _retries.Add($"orchestrator {orchestrator}: {error.Status.Detail}");
        }
    }
}
