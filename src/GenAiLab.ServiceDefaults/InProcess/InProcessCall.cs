using System.Diagnostics;
using GenAiLab.ServiceDefaults.Security;
using GenAiLab.ServiceDefaults.Telemetry;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace GenAiLab.ServiceDefaults.InProcess;

/// <summary>How a call ended, as its caller sees it.</summary>
internal sealed record CallOutcome(Status Status, Metadata Trailers)
{
    public RpcException ToException() => new(Status, Trailers);
}

/// <summary>
/// One call, seen from both sides. It ends once, by what comes first: the handler's end, the caller's
/// cancellation or disposal, or the deadline. The caller never waits for a handler that was cancelled.
/// Thread-safe.
/// </summary>
internal sealed partial class InProcessCall : IDisposable
{
    private static readonly ActivitySource Source = new("GenAiLab.InProcess");

    private readonly IMethod _method;
    private readonly RpcMeter? _meter;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _cancellation;
    private readonly CancellationTokenRegistration _callerCancelled;
    private readonly Timer? _deadline;
    private readonly InProcessServerCallContext _context;
    private readonly TaskCompletionSource<Metadata> _headers = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<CallOutcome> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public InProcessCall(IMethod method, CallOptions options, RpcMeter? meter, ILogger logger, string? tenant = null)
    {
        _method = method;
        _meter = meter;
        _logger = logger;
        _cancellation = new CancellationTokenSource();
        ServerToken = _cancellation.Token;
        _context = new InProcessServerCallContext(this, method.FullName, options);
        if (tenant is not null)
        {
            _context.SetTenant(tenant);
        }

        if (options.Deadline is { } deadline && deadline < DateTime.MaxValue)
        {
            // Timers take at most 49 days; a deadline beyond that is none.
            var left = Math.Max(0, (deadline.ToUniversalTime() - DateTime.UtcNow).TotalMilliseconds);
            if (left < uint.MaxValue - 1)
            {
                _deadline = new Timer(
                    static call => ((InProcessCall)call!).Abort(StatusCode.DeadlineExceeded, ""),
                    this, (long)Math.Ceiling(left), Timeout.Infinite);
            }
        }

        _callerCancelled = options.CancellationToken.UnsafeRegister(static call => ((InProcessCall)call!).Cancel(), this);
        if (Ended.IsCompleted)
        {
            // The deadline came before there was anything to unregister.
            _callerCancelled.Unregister();
        }
    }

    /// <summary>What the handler sees as <see cref="ServerCallContext.CancellationToken"/>.</summary>
    public CancellationToken ServerToken { get; }

    /// <summary>Completes when the call has ended for its caller.</summary>
    public Task<CallOutcome> Ended => _ended.Task;

    /// <summary>True when the caller or the deadline ended the call: what was on its way is not delivered any more.</summary>
    public bool IsAborted => ServerToken.IsCancellationRequested;

    /// <summary>The response headers; empty when the handler sent none.</summary>
    public Task<Metadata> Headers => _headers.Task;

    /// <summary>Starts the handler on the thread pool, in its own span under the caller's.</summary>
    public void Run(Func<ServerCallContext, Task> handler) => _ = Task.Run(() => RunAsync(handler));

    /// <summary>The single response, or the status as <see cref="RpcException"/>.</summary>
    public Task<TResponse> ResponseAsync<TResponse>(Func<TResponse> response)
    {
        var task = AwaitResponse();
        // A caller that only asks for the status never looks at the task; its exception is no surprise.
        _ = task.ContinueWith(
            static faulted => faulted.Exception, CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return task;

        async Task<TResponse> AwaitResponse()
        {
            var outcome = await Ended.ConfigureAwait(false);
            return outcome.Status.StatusCode == StatusCode.OK ? response() : throw outcome.ToException();
        }
    }

    public Status GetStatus() => Outcome().Status;

    public Metadata GetTrailers() => Outcome().Trailers;

    public void SendHeaders(Metadata headers) => _headers.TrySetResult(headers);

    /// <summary>Ends the call on behalf of its caller.</summary>
    public void Cancel() => Abort(StatusCode.Cancelled, "Call canceled by the client.");

    public void Dispose() => Abort(StatusCode.Cancelled, "gRPC call disposed.");

    private void Abort(StatusCode code, string detail)
    {
        if (!End(new CallOutcome(new Status(code, detail), [])))
        {
            return;
        }

        try
        {
            _cancellation.Cancel();
        }
        catch (AggregateException)
        {
            // A callback of the handler's own failed; the handler learns of the cancellation all the same.
        }
    }

    private bool End(CallOutcome outcome)
    {
        if (!_ended.TrySetResult(outcome))
        {
            return false;
        }

        _headers.TrySetResult([]);
        _deadline?.Dispose();
        _callerCancelled.Unregister();
        return true;
    }

    private async Task RunAsync(Func<ServerCallContext, Task> handler)
    {
        using var activity = Source.StartActivity(_method.FullName.TrimStart('/'), ActivityKind.Client);
        var started = Stopwatch.GetTimestamp();
        CallOutcome outcome;
        try
        {
            ServerToken.ThrowIfCancellationRequested();
            await handler(_context).ConfigureAwait(false);
            outcome = new CallOutcome(_context.Status, _context.ResponseTrailers);
        }
        catch (RpcException error)
        {
            outcome = new CallOutcome(error.Status, Join(_context.ResponseTrailers, error.Trailers));
        }
        catch (Exception error)
        {
            outcome = new CallOutcome(Map(error), _context.ResponseTrailers);
        }

        End(outcome);
        // The status that the caller saw, which may be its own cancellation.
        var status = Outcome().Status.StatusCode;
        _meter?.Record(_method.FullName, status, Stopwatch.GetElapsedTime(started));
        if (activity is not null)
        {
            activity.SetTag("rpc.system.name", "grpc")
                .SetTag("rpc.method", $"{_method.ServiceName}/{_method.Name}")
                .SetTag("rpc.response.status_code", RpcStatus.Name(status));
            if (status != StatusCode.OK)
            {
                activity.SetTag("error.type", RpcStatus.Name(status)).SetStatus(ActivityStatusCode.Error);
            }
        }
    }

    // The same words as over the wire, where ErrorInterceptor maps.
    private Status Map(Exception error)
    {
        if (Ended.IsCompleted)
        {
            return Outcome().Status;
        }

        LogUnexpected(_logger, error, _method.FullName);
        return new Status(StatusCode.Internal, "the service failed; its log says more");
    }

    private CallOutcome Outcome() => Ended.IsCompletedSuccessfully
        ? Ended.Result
        : throw new InvalidOperationException("The call has not ended: it has no status and no trailers yet.");

    private static Metadata Join(Metadata first, Metadata second)
    {
        if (first.Count == 0)
        {
            return second;
        }

        var joined = new Metadata();
        foreach (var entry in first.Concat(second))
        {
            joined.Add(entry);
        }

        return joined;
    }

    [LoggerMessage(EventId = 20, Level = LogLevel.Error, Message = "{Method} failed")]
    private static partial void LogUnexpected(ILogger logger, Exception error, string method);
}
