using GenAiLab.Balancing;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Fleet;

/// <summary>One decoder of several: what it reports, what this orchestrator has sent there, whether it is to be trusted. Thread-safe.</summary>
internal sealed class Replica : IDisposable
{
    private readonly Lock _gate = new();
    private readonly ChannelBase _channel;
    private readonly ReplicaHealth _health;
    private readonly ShortenedPause _pause;
    private PrefixRecord _prefixes = new(1);
    private CancellationTokenSource _lost = new();
    private ReportLoadResponse? _report;
    private volatile bool _listed = true;
    private int _open;
    private int _openAtReport;
    private int _openAsked;
    private long _promptTokensSince;

    public Replica(Uri address, ChannelBase channel, HealthSettings settings, TimeProvider time)
    {
        (Address, Key, _channel, _health, _pause) = (address, PrefixKeys.Of(address.Authority), channel, new ReplicaHealth(settings), new ShortenedPause(time));
        Client = new V1.Decoder.DecoderClient(channel);
    }

    public Uri Address { get; }

    public ulong Key { get; }

    public V1.Decoder.DecoderClient Client { get; }

    /// <summary>Still listed: gets new streams.</summary>
    public bool IsListed
    {
        get => _listed;
        set => _listed = value;
    }

    /// <summary>Streams of this orchestrator.</summary>
    public int OpenStreams
    {
        get
        {
            lock (_gate)
            {
                return _open;
            }
        }
    }

    /// <summary>Cancelled by <see cref="Lose"/>.</summary>
    public CancellationToken Lost
    {
        get
        {
            lock (_gate)
            {
                return _lost.Token;
            }
        }
    }

    /// <summary>How the policy sees it, for a model; null: for a call that is about no model.</summary>
    public ReplicaView View(string? model, PlacementRequest? request, TimeSpan now)
    {
        lock (_gate)
        {
            var availability = _health.At(now);
            var load = model is null ? null : Load(model);
            if (_report is not null && availability == Availability.Serving)
            {
                availability = model is null ? (_report.Models.Count > 0 ? Availability.Serving : Availability.Doubtful)
                    : load is null ? Availability.Refusing : Availability.Serving;
            }

            // Since the report was asked for, streams of ours have come and gone.
            var streams = (load?.SlotsInUse ?? 0) + (load?.Waiting ?? 0) + _open - _openAtReport;
            return new ReplicaView(
                Key, availability, Math.Max(1, load?.Slots ?? 1), Math.Max(0, streams),
                (load?.PendingPromptTokens ?? 0) + _promptTokensSince, request is null ? 0 : Cached(request));
        }
    }

    /// <summary>In how many tokens it takes prefixes from its cache; 0: not known.</summary>
    public int PrefixGranularity(string model)
    {
        lock (_gate)
        {
            return Load(model)?.PrefixGranularity ?? 0;
        }
    }

    public void Open(PlacementRequest request)
    {
        lock (_gate)
        {
            _open++;
            if (request.PromptTokens > 0)
            {
                _promptTokensSince += request.PromptTokens - Cached(request);
                _prefixes.Add(request.Prefix);
            }
        }
    }

    /// <param name="failure">How the stream failed by the replica's fault; null: it did not.</param>
    /// <param name="now">Time.</param>
    /// <returns>Whether the replica is ejected by this.</returns>
    public bool Close(RpcException? failure, TimeSpan now)
    {
        lock (_gate)
        {
            _open--;
            if (failure is null)
            {
                _health.Succeeded();
                return false;
            }

            if (failure.StatusCode != StatusCode.Unavailable)
            {
                return failure.StatusCode == StatusCode.Internal && _health.Failed(now);
            }

            // It ends, or is gone. The next report tells which; until then others come first.
            _health.Doubt();
        }

        Hurry();
        return false;
    }

    public void Asked(TimeSpan now)
    {
        lock (_gate)
        {
            _health.Asked(now);
            _openAsked = _open;
        }
    }

    /// <returns>Whether it is back from an ejection.</returns>
    public bool Answered(TimeSpan now, ReportLoadResponse? report)
    {
        lock (_gate)
        {
            var wasEjected = _health.IsEjected;
            if (report is not null && report.InstanceId != _report?.InstanceId)
            {
                _prefixes = new PrefixRecord(report.Models.Select(static model => model.Slots).DefaultIfEmpty(1).Max());
            }
            else if (report is not null && _report is not null && report.Models.Count > _report.Models.Count)
            {
                _prefixes = new PrefixRecord(report.Models.Max(static model => model.Slots));
            }

            (_report, _openAtReport, _promptTokensSince) = (report, _openAsked, 0);
            _health.Answered(now, report is not { Draining: true });
            return wasEjected && !_health.IsEjected;
        }
    }

    /// <summary>Nothing is known of it until its next answer.</summary>
    public void Doubt()
    {
        lock (_gate)
        {
            _health.Doubt();
        }
    }

    /// <returns>Whether it is ejected by this.</returns>
    public bool Unanswered(TimeSpan now)
    {
        lock (_gate)
        {
            return _health.Unanswered(now);
        }
    }

    /// <summary>Its streams are to go on elsewhere.</summary>
    public void Lose()
    {
        CancellationTokenSource lost;
        lock (_gate)
        {
            (lost, _lost) = (_lost, new CancellationTokenSource());
        }

        // Not disposed: streams still hold its token. Without a timer it is plain memory.
        lost.Cancel();
    }

    /// <summary>The next report is asked for at once.</summary>
    public void Hurry() => _pause.End();

    /// <summary>The pause between two reports.</summary>
    public Task PauseAsync(TimeSpan pause, CancellationToken cancellation) => _pause.WaitAsync(pause, cancellation);

    public void Dispose() => (_channel as IDisposable)?.Dispose();

    private int Cached(PlacementRequest request) => _prefixes.Match(request.Prefix) * request.Block;

    private ModelLoad? Load(string model)
    {
        if (_report is null)
        {
            return null;
        }

        var name = model.Length == 0 ? _report.DefaultModel : model;
        foreach (var load in _report.Models)
        {
            if (load.Model == name)
            {
                return load;
            }
        }

        return null;
    }
}
