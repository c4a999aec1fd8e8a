using System.Collections.Concurrent;
using GenAiLab.Decoder.Graphs;
using GenAiLab.Decoder.Scheduling;
using GenAiLab.Models.Folders;
using GenAiLab.ServiceDefaults;

namespace GenAiLab.Decoder.Engine;

/// <summary>
/// Runs the streams of one model. Callers put sessions into a bounded line; one thread owns the model,
/// asks the scheduler what to do, does it, and hands the logits to the sessions.
/// </summary>
internal sealed partial class DecodeEngine : IAsyncDisposable
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly string _name;
    private readonly StepRunner _runner;
    private readonly Scheduler _scheduler;
    private readonly DecoderTelemetry _telemetry;
    private readonly ILogger _logger;
    private readonly TimeSpan _linger;
    private readonly Action? _woken;
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<ScheduledStream, DecodeSession> _sessions = new();
    private readonly ConcurrentDictionary<string, StepSession> _forkable = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, GenerateCall> _calls = new(StringComparer.Ordinal);
    private readonly AutoResetEvent _signal = new(initialState: false);
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _stopped;
    private bool _freed;
    private volatile bool _draining;
    private volatile string? _failure;
    private volatile int _waiting;
    private volatile int _slotsInUse;
    private volatile PromptCounts _prompts = new(0, 0, 0);

    /// <param name="name">The model's name.</param>
    /// <param name="graph">The model; owned.</param>
    /// <param name="options">Caps.</param>
    /// <param name="batched">Whether several streams go through the model in one step.</param>
    /// <param name="telemetry">Told what happens.</param>
    /// <param name="logger">Told what fails.</param>
    /// <param name="woken">Called instead of waking a thread of the engine's own, which there is none of then: its time is that of whoever calls <see cref="Turn"/>.</param>
    public DecodeEngine(
        string name, DecoderGraph graph, DecoderOptions options, bool batched, DecoderTelemetry telemetry, ILogger logger, Action? woken = null)
    {
        (_name, Graph, _telemetry, _logger, _linger, _woken) = (name, graph, telemetry, logger, options.StepLinger, woken);
        _scheduler = new Scheduler(new SchedulerSettings(
            graph.Slots, graph.MaximumTokens, graph.Config.ContextLength, options.MaximumWaiting, options.MaximumWaitingTokens, options.Deterministic));
        _runner = new StepRunner(name, graph, _scheduler, batched, telemetry, logger);
        telemetry.Started(name, graph.Slots, CacheLimit);
        if (woken is null)
        {
            new Thread(Run) { IsBackground = true, Name = $"decode {name}" }.Start();
        }
    }

    /// <summary>The model: its shape and sizes may be read by all, the rest belongs to the loop.</summary>
    public DecoderGraph Graph { get; }

    /// <summary>The model's name.</summary>
    public string Name => _name;

    /// <summary>What the folder says of the model.</summary>
    public DecoderConfig Config => Graph.Config;

    /// <summary>Who runs; belongs to the loop.</summary>
    public Scheduler Scheduler => _scheduler;

    /// <summary>Slots that streams hold now.</summary>
    public int SlotsInUse => _slotsInUse;

    /// <summary>Streams that wait for a slot.</summary>
    public int Waiting => _waiting;

    /// <summary>Tokens of prompts: to be run, admitted so far, and supplied by the cache.</summary>
    public PromptCounts Prompts => _prompts;

    /// <summary>Tokens that the model was run on.</summary>
    public long TokensRun => _runner.TokensRun;

    /// <summary>Tokens of open streams in the cache.</summary>
    public long TokensInUse { get; private set; }

    /// <summary>Tokens of ended streams that may serve others.</summary>
    public long CachedTokens { get; private set; }

    /// <summary>Why the loop has ended though nobody asked it to; null: it has not.</summary>
    public string? Failure => _failure;

    /// <summary>Takes no new streams.</summary>
    public bool IsDraining => _draining;

    /// <summary>Streams that have not ended.</summary>
    public int OpenStreams => _sessions.Count;

    // In tokens.
    private long CacheLimit => (long)Graph.Slots * Config.ContextLength;

    /// <summary>How long the model has been running without a pause; zero between two runs.</summary>
    public TimeSpan RunningFor => _runner.RunningFor;

    /// <summary>Puts a session and its siblings into the line.</summary>
    /// <exception cref="Grpc.Core.RpcException">RESOURCE_EXHAUSTED: slots and line are full. UNAVAILABLE: the engine takes no more.</exception>
    public void Submit(DecodeSession session)
    {
        lock (_gate)
        {
            if (_stopped || _draining)
            {
                throw _failure is { } failure ? RpcErrors.Unavailable(failure)
                    : RpcErrors.Leaving(_draining ? "the model is being drained" : "the service is stopping");
            }

            var refusal = _scheduler.Enqueue(session.Stream);
            if (refusal != Refusal.None)
            {
                _telemetry.Refused(_name, refusal);
                throw RpcErrors.ResourceExhausted(
                    refusal == Refusal.TooManyRequests ? "every slot is taken and the waiting line is full" : "too many prompt tokens are waiting for a slot",
                    RetryAfter);
            }

            foreach (var each in session.Siblings.Prepend(session))
            {
                _sessions[each.Stream] = each;
            }

            if (session is StepSession step)
            {
                _forkable[step.Id] = step;
            }
            else if (session is GenerateSession { Call: var call })
            {
                _calls[call.Id] = call;
            }

            PublishWaiting();
        }

        Wake();
    }

    /// <summary>The stream of that name, or null when it has ended.</summary>
    public StepSession? FindStream(string id, string tenant) =>
        _forkable.TryGetValue(id, out var session) && session.Stream.Tenant == tenant ? session : null;

    /// <summary>The call in pushdown mode of that name, or null when all its candidates have ended.</summary>
    public GenerateCall? FindCall(string id, string tenant) =>
        _calls.TryGetValue(id, out var call) && call.First.Stream.Tenant == tenant ? call : null;

    /// <summary>Something about a session has changed: a token came, a response was read, the caller left.</summary>
    public void Wake()
    {
        // Disposed when the last streams are let go of: then there is nobody to wake.
        if (!_stopping.IsCancellationRequested)
        {
            _signal.Set();
            _woken?.Invoke();
        }
    }

    /// <summary>Plans, and does what is planned; for whoever gave the engine no thread of its own.</summary>
    /// <returns>What was done; empty: there is nothing to do before somebody wakes it.</returns>
    public StepPlan Turn()
    {
        if (!_stopping.IsCancellationRequested)
        {
            return RunPlan();
        }

        Finish();
        return new StepPlan(null, [], []);
    }

    /// <summary>Takes no new streams, or takes them again. When it returns, <see cref="OpenStreams"/> counts all that were taken.</summary>
    public void SetDraining(bool draining)
    {
        lock (_gate)
        {
            _draining = draining;
        }
    }

    /// <summary>Asks the loop to end all streams, without a last response, and itself.</summary>
    public void RequestStop()
    {
        _stopping.Cancel();
        _signal.Set();
        _woken?.Invoke();
    }

    /// <summary>Ends all streams without a last response, and the loop; then frees the model. A second call does nothing more.</summary>
    public async ValueTask DisposeAsync()
    {
        RequestStop();
        await _ended.Task;
        if (!Interlocked.Exchange(ref _freed, true))
        {
            Graph.Dispose();
        }
    }

    private StepPlan RunPlan()
    {
        var plan = Plan();
        if (!plan.IsEmpty || plan.Move is not null)
        {
            _runner.Run(plan, _sessions);
        }

        return plan;
    }

    private void Run()
    {
        try
        {
            while (!_stopping.IsCancellationRequested)
            {
                var plan = RunPlan();
                if (!plan.IsEmpty || plan.Move is not null)
                {
                    Linger(plan);
                }
                else
                {
                    _signal.WaitOne();
                }
            }
        }
        catch (Exception error)
        {
            _failure = "the model's engine has failed; restart the service";
            LogEngineFailed(_logger, error, _name);
        }

        Finish();
    }

    private void Finish()
    {
        AbandonAll();
        _ended.TrySetResult();
    }

    private StepPlan Plan()
    {
        lock (_gate)
        {
            // In the order of arrival: the same calls, the same decisions.
            foreach (var session in _sessions.Values.Where(static session => session.IsOver).OrderBy(static session => session.Stream.Arrival).ToList())
            {
                End(session);
            }

            while (_scheduler.Admit() is { Count: > 0 } next)
            {
                // The copy comes before anything else may change its source.
                _runner.Take(next);
                foreach (var (stream, _) in next)
                {
                    _sessions[stream].Admit();
                }

                _telemetry.Queued(_name, _sessions[next[0].Stream]);
            }

            foreach (var session in _sessions.Values)
            {
                session.Stream.IsBlocked = !session.Prepare();
            }

            Publish();
            return _scheduler.Plan();
        }
    }

    // A client of step mode that was in the last step will mostly answer within a fraction of the next one:
    // to wait for it briefly costs less than to run it in a step of its own. One that does not is left behind.
    private void Linger(StepPlan plan)
    {
        var limit = TimeSpan.FromTicks(Math.Min(_linger.Ticks, _runner.LastDecode.Ticks / 8));
        if (limit < TimeSpan.FromMicroseconds(50) || plan.Decode.Count < 2)
        {
            return;
        }

        var started = TimeProvider.System.GetTimestamp();
        while (plan.Decode.Any(stream => stream.Slot >= 0 && _sessions.TryGetValue(stream, out var session) && session is StepSession { AwaitsClient: true, HasAppend: false, IsOver: false }))
        {
            var left = limit - TimeProvider.System.GetElapsedTime(started);
            if (left <= TimeSpan.Zero || !_signal.WaitOne(left))
            {
                return;
            }
        }
    }

    // Under the gate, or after the last call that could take it.
    private void End(DecodeSession session)
    {
        _runner.TraceDecode(session);
        _telemetry.Ended(_name, session);
        _scheduler.Close(session.Stream, keep: !_runner.Poisoned.Remove(session.Stream));
        _sessions.TryRemove(session.Stream, out _);
        if (session is StepSession step)
        {
            _forkable.TryRemove(step.Id, out _);
        }

        session.Release();
        if (session is GenerateSession { Call: { IsCompleted: true } call })
        {
            _calls.TryRemove(call.Id, out _);
        }
    }

    private void Publish()
    {
        Publish(_scheduler.TokensInUse, _scheduler.CachedTokens);
        PublishWaiting();
    }

    private void Publish(long tokensInUse, long cachedTokens)
    {
        _telemetry.SlotsInUse(_name, _scheduler.SlotsInUse - _slotsInUse);
        _telemetry.CacheUsed(_name, tokensInUse - TokensInUse, cachedTokens - CachedTokens);
        (_slotsInUse, TokensInUse, CachedTokens) = (_scheduler.SlotsInUse, tokensInUse, cachedTokens);
    }

    private void PublishWaiting()
    {
        _telemetry.Waiting(_name, _scheduler.Waiting - _waiting);
        _waiting = _scheduler.Waiting;
        var pending = _scheduler.PendingPromptTokens;
        if (pending != _prompts.Pending || _scheduler.PromptTokens != _prompts.Admitted)
        {
            _prompts = new PromptCounts(pending, _scheduler.PromptTokens, _scheduler.ReusedTokens);
        }
    }

    private void AbandonAll()
    {
        lock (_gate)
        {
            _stopped = true;
            foreach (var session in _sessions.Values.ToList())
            {
                End(session);
            }

            PublishWaiting();
            Publish(tokensInUse: 0, cachedTokens: 0);
            _telemetry.Stopped(_name, Graph.Slots, CacheLimit);
        }
    }

    [LoggerMessage(EventId = 10, Level = LogLevel.Error, Message = "The engine of {Model} stopped")]
    private static partial void LogEngineFailed(ILogger logger, Exception error, string model);
}

/// <summary>Tokens of prompts.</summary>
/// <param name="Pending">Still to be run, of streams that wait and of those in slots.</param>
/// <param name="Admitted">Of all streams admitted so far.</param>
/// <param name="Cached">How many of those the prefix cache supplied.</param>
internal sealed record PromptCounts(long Pending, long Admitted, long Cached);
