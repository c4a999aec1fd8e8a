using System.Diagnostics.Metrics;
using GenAiLab.Decoder;
using GenAiLab.Decoder.Engine;
using GenAiLab.Decoder.Scheduling;
using GenAiLab.Decoder.Serving;
using GenAiLab.V1;
using Grpc.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace GenAiLab.Simulation.Tests.World;

/// <summary>
/// The decoder service as it ships, with its engine, scheduler, prefix cache and admission: only the model is a toy,
/// and the time that its steps take passes in the simulation. It dies, stands still, drains and comes back.
/// </summary>
internal sealed class SimulatedDecoder
{
    public const int Slots = 3;
    public const int MaximumWaiting = 5;
    public const string Model = "toy";
    private const int Chunk = 8;
    private static readonly TimeSpan LeaveLimit = TimeSpan.FromSeconds(1);
    private static readonly IConfiguration Configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Models:Default", Model)]).Build();
    private static readonly DecoderTelemetry Telemetry = new(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>());
    private readonly DecoderOptions _options = new() { Slots = Slots, MaximumWaiting = MaximumWaiting, PrefillChunk = Chunk };
    private readonly SimulatedTime _time;
    private readonly List<SimulatedStream> _open = [];
    private readonly List<int[]> _failures = [];
    private readonly Queue<Action> _held = new();
    private readonly Dictionary<string, List<IReadOnlyList<int>>> _seen = [];
    private readonly Dictionary<string, long> _lastAdmitted = [];
    private readonly int _index;
    private Process? _process;
    private BrokenRuleException? _broken;
    private int _freezes;
    private TimeSpan _thawed;

    public SimulatedDecoder(int index, SimulatedTime time, ulong seed, Sabotage sabotage)
    {
        (_index, _time, Sabotage) = (index, time, sabotage);
        Link = new Link(time, (seed * 31) + (ulong)index);
        Start();
    }

    public Link Link { get; }

    public Sabotage Sabotage { get; }

    public TimeSpan Now => _time.Now;

    public bool IsUp => _process is not null;

    public bool IsFrozen => _freezes > 0;

    /// <summary>Serves as if nothing were wrong.</summary>
    public bool IsWell => _process is { IsDraining: false } && !IsFrozen && !Link.IsCut;

    /// <summary>Requests that found slots and line full, by number.</summary>
    public HashSet<int> Refused { get; } = [];

    public void Start() => _process ??= new Process(this);

    public void Kill()
    {
        if (_process is null)
        {
            return;
        }

        _failures.AddRange(_process.Graph.Failures);
        _process = null;
        _held.Clear();
        _seen.Clear();
        _lastAdmitted.Clear();
        foreach (var stream in _open)
        {
            stream.Break(new IOException("reset"));
        }

        _open.Clear();
    }

    public void Freeze() => _freezes++;

    public void Thaw()
    {
        _freezes--;
        _thawed = Now;
        while (!IsFrozen && _held.TryDequeue(out var action))
        {
            action();
        }
    }

    public void Drain(TimeSpan grace)
    {
        if (_process is { } process)
        {
            process.Catalog.StopAdmission();
            _time.After(grace, () => Do(process, process.Engine.RequestStop));
        }
    }

    public void FailModel()
    {
        if (_process is { } process)
        {
            process.Graph.FailsNext = true;
        }
    }

    /// <summary>Whether the model failed after these tokens; each failure excuses one stream.</summary>
    public bool ExcusesFailure(ReadOnlySpan<int> tokens)
    {
        foreach (var failures in (List<int[]>[])[_failures, .. _process is { } process ? [process.Graph.Failures] : (List<int[]>[])[]])
        {
            for (var at = 0; at < failures.Count; at++)
            {
                if (tokens.SequenceEqual(failures[at]))
                {
                    failures.RemoveAt(at);
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>A call has arrived.</summary>
    public void Take(SimulatedStream stream)
    {
        if (_process is not { } process)
        {
            stream.Break(new HttpRequestException("refused"));
            return;
        }

        _open.Add(stream);
        Do(process, () => _ = ServeAsync(process, stream));
    }

    /// <summary>Asked for its load; the answer comes when it comes, and never from the dead.</summary>
    public void Report(Action<ReportLoadResponse> answer, Action refuse)
    {
        if (_process is { } process)
        {
            Do(process, () => answer(process.Service.ReportLoad(new ReportLoadRequest(), null!).GetAwaiter().GetResult()));
        }
        else
        {
            refuse();
        }
    }

    /// <summary>What was sent on an open stream arrives.</summary>
    public void Do(SimulatedStream stream, Action action)
    {
        if (_open.Contains(stream))
        {
            Do(_process, action);
        }
    }

    /// <summary>What must hold at any time.</summary>
    public void Check()
    {
        if (_broken is not null)
        {
            throw _broken;
        }

        if (_process is not { } process)
        {
            return;
        }

        var engine = process.Engine;
        Rule(engine.SlotsInUse <= Slots, "more slots are in use than there are");
        Rule(engine.Waiting <= MaximumWaiting + Slots, "the line is longer than allowed");
        Rule(engine.OpenStreams <= _open.Count, "a stream is open that no call is for");
        Rule(
            IsFrozen || !_open.Any(stream => stream.LeftAt is { } left && Now - (left > _thawed ? left : _thawed) > LeaveLimit),
            "a stream goes on whose client has left");
        Rule(!_open.Any(static stream => stream.WrittenAfterLeaving > 1), "tokens are made that nobody wants");
        for (var slot = 0; slot < Slots; slot++)
        {
            if (engine.Scheduler.InSlot(slot) is not { } stream)
            {
                continue;
            }

            Rule(process.Graph.Cells(slot)[..stream.Computed].SequenceEqual(stream.TokenSpan[..stream.Computed]), "a slot holds another stream's tokens");
        }

        // Several may have been given their slots in one turn.
        foreach (var stream in Enumerable.Range(0, Slots).Select(engine.Scheduler.InSlot).OfType<ScheduledStream>().Where(process.Admitted.Add).OrderBy(static stream => stream.Arrival))
        {
            Rule(stream.Arrival > _lastAdmitted.GetValueOrDefault(stream.Tenant, -1), "a stream overtook an older one of its tenant");
            _lastAdmitted[stream.Tenant] = stream.Arrival;
        }
    }

    /// <summary>What must hold when all is over.</summary>
    public void CheckIdle()
    {
        Rule(_open.Count == 0, "a call never ended");
        Rule(_process is null or { Engine: { SlotsInUse: 0, Waiting: 0, OpenStreams: 0 } }, "a slot or a place in the line leaked");
    }

    public override string ToString() => $"decoder {_index}";

    private async Task ServeAsync(Process process, SimulatedStream stream)
    {
        RpcException? error = null;
        var tenant = stream.Request.Admission.Tenant;
        if (Sabotage == Sabotage.MixesTenants)
        {
            stream.Request.Admission.Tenant = "";
        }

        if (Sabotage == Sabotage.ForgetsPosition)
        {
            stream.Request.FirstPosition = 0;
        }

        try
        {
            await process.Service.GenerateTokens(stream.Request, new CheckedWriter(this, stream, tenant), stream);
        }
        catch (RpcException refused)
        {
            if (refused.StatusCode == StatusCode.ResourceExhausted && !stream.IsDuplicate)
            {
                Refused.Add(stream.Number);
            }

            error = new RpcException(refused.Status, refused.Trailers);
        }
        catch (OperationCanceledException)
        {
            error = new RpcException(new Status(StatusCode.Cancelled, "left"));
        }
        catch (Exception unknown)
        {
            _broken ??= unknown as BrokenRuleException ?? new BrokenRuleException($"a decoder failed: {unknown}");
        }

        if (process == _process)
        {
            Sequences(tenant).Add([.. stream.Request.Prompt.Ids, .. stream.Written]);
            _open.Remove(stream);
            stream.End(error);
        }
    }

    private List<IReadOnlyList<int>> Sequences(string tenant) => _seen.TryGetValue(tenant, out var seen) ? seen : _seen[tenant] = [];

    // A prefix comes from what the same tenant had here before, or has now.
    private void CheckPrefix(SimulatedStream stream, string tenant, int cached)
    {
        int[] prompt = [.. stream.Request.Prompt.Ids];
        var own = Sequences(tenant)
            .Concat(_open.Where(other => other != stream && (Sabotage == Sabotage.MixesTenants ? "" : other.Request.Admission.Tenant) == tenant)
                .Select(static other => (IReadOnlyList<int>)[.. other.Request.Prompt.Ids, .. other.Written]))
            .Select(other => prompt.Zip(other).TakeWhile(static pair => pair.First == pair.Second).Count()).DefaultIfEmpty(0).Max();
        Rule(cached <= own, "a prefix came from another tenant");
    }

    private void Do(Process? process, Action action)
    {
        if (process is null || process != _process)
        {
            return;
        }

        if (IsFrozen)
        {
            _held.Enqueue(() => Do(process, action));
        }
        else
        {
            action();
        }
    }

    private static void Rule(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new BrokenRuleException(otherwise);
        }
    }

    private sealed class CheckedWriter(SimulatedDecoder decoder, SimulatedStream stream, string tenant) : IServerStreamWriter<GenerateTokensResponse>
    {
        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(GenerateTokensResponse message)
        {
            if (message.CachedPromptTokens > 0)
            {
                decoder.CheckPrefix(stream, tenant, message.CachedPromptTokens);
            }

            return stream.WriteAsync(message);
        }

        public Task WriteAsync(GenerateTokensResponse message, CancellationToken cancellationToken) => WriteAsync(message);
    }

    // One life.
    private sealed class Process
    {
        private readonly SimulatedDecoder _owner;
        private bool _turns;

        public Process(SimulatedDecoder owner)
        {
            _owner = owner;
            Graph = new ToyGraph(owner._options);
            Engine = new DecodeEngine(Model, Graph, owner._options, batched: true, Telemetry, NullLogger.Instance, Wake);
            Catalog = new DecoderCatalog(Configuration, Options.Create(owner._options));
            Catalog.Announce([(Model, "toy")]);
            Catalog.SetReady(Model, Engine, Determinism.Batched);
            Service = new DecoderGrpcService(Catalog, Options.Create(owner._options));
        }

        public ToyGraph Graph { get; }

        public DecodeEngine Engine { get; }

        public DecoderCatalog Catalog { get; }

        public DecoderGrpcService Service { get; }

        public HashSet<ScheduledStream> Admitted { get; } = [];

        public bool IsDraining => Catalog.IsDraining;

        private void Wake()
        {
            if (!_turns)
            {
                _turns = true;
                _owner._time.After(TimeSpan.FromMicroseconds(100), () => _owner.Do(this, Turn));
            }
        }

        private void Turn()
        {
            _turns = false;
            var plan = Engine.Turn();
            if (!plan.IsEmpty || plan.Move is not null)
            {
                _turns = true;
                var cost = TimeSpan.FromMilliseconds(plan.Decode.Count > 0 ? 8 + plan.Decode.Count : 0)
                    + TimeSpan.FromMilliseconds(plan.Prefill.Sum(static chunk => 2 + chunk.Tokens));
                _owner._time.After(cost, () => _owner.Do(this, Turn));
            }
        }
    }
}
