using System.Collections.Immutable;
using GenAiLab.Balancing;
using GenAiLab.Orchestrator.Downstream;
using GenAiLab.Orchestrator.Telemetry;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Grpc.Core;
using Microsoft.Extensions.Options;
using OpenTelemetry;

namespace GenAiLab.Orchestrator.Fleet;

/// <summary>
/// Several decoders that are all alike. Finds them, asks each for its load a few times a second, and places
/// each stream by <see cref="RoutingPolicy"/>. A replica that does not answer a report within its deadline
/// loses its streams to the others, where they go on.
/// </summary>
internal sealed class DecoderFleet(
    ReplicaAddresses addresses, Func<Uri, ChannelBase> connect, IOptions<FleetOptions> options, TimeProvider time, ILogger<DecoderFleet> logger)
    : BackgroundService, IDecoders
{
    // Below it the keys of a prompt would cost more than a block's prefill.
    private const int LeastBlock = 16;
    private const int DefaultBlock = 128;
    private const int CallAttempts = 4;
    private const int SlownessFactor = 4;
    private const double SlownessDecay = 0.8;
    private static readonly TimeSpan CallAttemptLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ShortestResolvePause = TimeSpan.FromMilliseconds(500);
    private readonly ILogger _logger = logger;
    private readonly FleetOptions _options = options.Value;
    private readonly RoutingSettings _policy = options.Value.Policy();
    private readonly HealthSettings _health = options.Value.Health();
    private readonly long _started = time.GetTimestamp();
    private readonly ShortenedPause _resolvePause = new(time);
    private ImmutableList<ShortenedPause> _waiting = [];
    private ImmutableArray<Replica> _replicas = [];
    private long _draws = Random.Shared.NextInt64();
    private double _slowest;

    /// <summary>The number of the first choice: where nothing is to be left to chance.</summary>
    public long FirstDraw
    {
        init => _draws = value;
    }

    /// <summary>Streams of this orchestrator, at all decoders.</summary>
    public int OpenStreams => _replicas.Sum(static replica => replica.OpenStreams);

    private TimeSpan Now => time.GetElapsedTime(_started);

    public PlacementRequest Describe(string model, IReadOnlyList<int> prompt)
    {
        var block = 0;
        foreach (var replica in _replicas)
        {
            block = Math.Max(block, replica.PrefixGranularity(model));
        }

        block = block == 0 ? DefaultBlock : Math.Max(block, LeastBlock);
        return new PlacementRequest(model, PrefixKeys.Of(prompt, block, PrefixKeys.Of(model)), block, prompt.Count);
    }

    public DecoderLease? Acquire(PlacementRequest request, IReadOnlySet<ulong> excluded) => Acquire(request, request.Model, excluded);

    public async Task<bool> WaitForServingAsync(string model, CancellationToken cancellation)
    {
        var asked = time.GetTimestamp();
        var pause = new ShortenedPause(time);
        ImmutableInterlocked.Update(ref _waiting, static (all, one) => all.Add(one), pause);
        try
        {
            while (true)
            {
                if (Listed().Any(replica => replica.View(model, null, Now).Availability == Availability.Serving))
                {
                    return true;
                }

                var left = _options.Patience - time.GetElapsedTime(asked);
                if (left <= TimeSpan.Zero)
                {
                    return false;
                }

                await pause.WaitAsync(left, cancellation);
            }
        }
        finally
        {
            ImmutableInterlocked.Update(ref _waiting, static (all, one) => all.Remove(one), pause);
        }
    }

    public async Task<T> CallAsync<T>(Func<V1.Decoder.DecoderClient, CallOptions, Task<T>> call, CallLimits options)
    {
        HashSet<ulong> excluded = [];
        RpcException? last = null;
        for (var attempt = 0; attempt < CallAttempts; attempt++)
        {
            using var lease = Acquire(new PlacementRequest("", [], 0, 0), model: null, excluded);
            if (lease is null)
            {
                break;
            }

            using var limit = CancellationTokenSource.CreateLinkedTokenSource(options.CancellationToken, lease.Lost);
            limit.CancelAfter(CallAttemptLimit);
            try
            {
                return await DownstreamCall.InvokeAsync(
                    "decoder", () => call(lease.Client, options.WithCancellationToken(limit.Token)), options.CancellationToken);
            }
            catch (RpcException error) when (error.StatusCode == StatusCode.Unavailable)
            {
                lease.Failed(error);
                excluded.Add(lease.Key);
                last = error;
            }
        }

        throw last ?? RpcErrors.Unavailable("no decoder is known yet");
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => WatchAsync(stoppingToken);

    /// <summary>Looks replicas up, again and again, and watches each.</summary>
    public async Task WatchAsync(CancellationToken stoppingToken)
    {
        // Several reports a second and replica: nobody's trace.
        using var quiet = SuppressInstrumentationScope.Begin();
        await Task.Yield();
        Dictionary<Uri, Task> watches = [];
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                await ResolveAsync(watches, stoppingToken);
                await Task.Delay(ShortestResolvePause, time, stoppingToken);
                await _resolvePause.WaitAsync(_options.ResolveInterval, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }

        await Task.WhenAll(watches.Values);
    }

    private async Task ResolveAsync(Dictionary<Uri, Task> watches, CancellationToken stoppingToken)
    {
        IReadOnlyList<Uri> found;
        try
        {
            found = await addresses.ResolveAsync(stoppingToken);
        }
        catch (Exception error) when (error is System.Net.Sockets.SocketException or OperationCanceledException && !stoppingToken.IsCancellationRequested)
        {
            // Those that are known may serve all the same.
            _logger.ReplicasNotResolved(error.Message);
            return;
        }

        foreach (var replica in _replicas)
        {
            replica.IsListed = found.Contains(replica.Address);
        }

        foreach (var ended in watches.Where(static watch => watch.Value.IsCompleted).Select(static watch => watch.Key).ToList())
        {
            watches.Remove(ended);
        }

        foreach (var address in found.Where(address => !watches.ContainsKey(address)))
        {
            var replica = new Replica(address, connect(address), _health, time);
            ImmutableInterlocked.Update(ref _replicas, static (all, one) => all.Add(one), replica);
            watches[address] = WatchAsync(replica, stoppingToken);
            _logger.ReplicaFound(address);
        }

        Changed();
    }

    // Until it is no longer listed and the last of its streams has ended.
    private async Task WatchAsync(Replica replica, CancellationToken stoppingToken)
    {
        try
        {
            while (replica.IsListed || replica.OpenStreams > 0)
            {
                await AskAsync(replica, stoppingToken);
                await replica.PauseAsync(_options.ReportInterval, stoppingToken);
            }

            _logger.ReplicaGone(replica.Address);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
        finally
        {
            ImmutableInterlocked.Update(ref _replicas, static (all, one) => all.Remove(one), replica);
            replica.Dispose();
        }
    }

    private async Task AskAsync(Replica replica, CancellationToken stoppingToken)
    {
        var asked = Now;
        replica.Asked(asked);
        // Where all are slow nobody is frozen: the machines are overloaded, or this process is.
        var patience = TimeSpan.FromSeconds(Math.Clamp(
            SlownessFactor * Volatile.Read(ref _slowest), _options.ReportDeadline.TotalSeconds, SlownessFactor * _options.ReportDeadline.TotalSeconds));
        try
        {
            ReportLoadResponse? report = null;
            try
            {
                report = await replica.Client.ReportLoadAsync(
                    new ReportLoadRequest(), deadline: time.GetUtcNow().UtcDateTime + patience, cancellationToken: stoppingToken);
            }
            catch (RpcException error) when (error.StatusCode == StatusCode.Unimplemented)
            {
                // It serves, and does not say how much.
            }

            // The slowest answer of late: each answer of whichever replica takes a fifth from what is remembered.
            Volatile.Write(ref _slowest, Math.Max((Now - asked).TotalSeconds, SlownessDecay * Volatile.Read(ref _slowest)));
            if (replica.Answered(Now, report))
            {
                _logger.ReplicaReturned(replica.Address);
            }
        }
        catch (RpcException error)
        {
            stoppingToken.ThrowIfCancellationRequested();
            if (Now - asked > patience * 2)
            {
                // The deadline itself came late: this process stood still, and may have missed the answer.
                replica.Doubt();
                return;
            }

            if (replica.Unanswered(Now))
            {
                _logger.ReplicaEjected(replica.Address, error.StatusCode);
                ResolveSoon();
            }

            // Streams are better off where they are than nowhere.
            if (Listed().Any(other => other != replica && other.View(null, null, Now).Availability == Availability.Serving))
            {
                replica.Lose();
            }
        }

        Changed();
    }

    private Lease? Acquire(PlacementRequest request, string? model, IReadOnlySet<ulong> excluded)
    {
        Replica[] replicas = [.. Listed().Where(replica => !excluded.Contains(replica.Key))];
        var now = Now;
        var views = new ReplicaView[replicas.Length];
        for (var at = 0; at < views.Length; at++)
        {
            views[at] = replicas[at].View(model, request, now);
        }

        var chosen = RoutingPolicy.Choose(views, _policy, (ulong)Interlocked.Increment(ref _draws), request.Prefix.FirstOrDefault());
        if (chosen < 0)
        {
            return null;
        }

        replicas[chosen].Open(request);
        return new Lease(this, replicas[chosen]);
    }

    private IEnumerable<Replica> Listed() => _replicas.Where(static replica => replica.IsListed);

    private void Changed() => Volatile.Read(ref _waiting).ForEach(static pause => pause.End());

    private void ResolveSoon() => _resolvePause.End();

    private sealed class Lease(DecoderFleet fleet, Replica replica) : DecoderLease
    {
        private RpcException? _failure;

        public override ulong Key => replica.Key;

        public override string Address => replica.Address.Authority;

        public override V1.Decoder.DecoderClient Client => replica.Client;

        public override CancellationToken Lost { get; } = replica.Lost;

        public override void Failed(RpcException error) => _failure = error;

        public override void Dispose()
        {
            if (replica.Close(_failure, fleet.Now))
            {
                fleet._logger.ReplicaEjected(replica.Address, _failure!.StatusCode);
                fleet.ResolveSoon();
            }
        }
    }
}
