using GenAiLab.ServiceDefaults.Telemetry;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace GenAiLab.ServiceDefaults.InProcess;

/// <summary>
/// Calls a service implementation in the same process: no serialisation, no socket, no port. The
/// caller sees what it would see over the wire: statuses, trailers, headers, deadlines, cancellation,
/// streams in order with back-pressure. Handlers run on the thread pool, in a span of their own.
/// <para>
/// What differs: messages are passed by reference, so neither side may change one after sending it;
/// message size limits, compression, call credentials and server interceptors do not apply; blocking
/// calls are refused, because they would hold a pool thread that the handler may need.
/// </para>
/// </summary>
public sealed class InProcessCallInvoker : CallInvoker
{
    private readonly Lazy<MethodTable> _methods;
    private readonly ILogger _logger;
    private readonly RpcMeter? _meter;
    private readonly string? _tenant;

    /// <param name="bind">
    /// Binds the implementation's methods, for example
    /// <c>binder => V1.Decoder.BindService(binder, implementation)</c>; called once, at the first call.
    /// </param>
    /// <param name="logger">Takes the exceptions that a caller only sees as INTERNAL.</param>
    /// <param name="meter">Counts the calls as if they came over the wire; null: nobody does.</param>
    public InProcessCallInvoker(Action<ServiceBinderBase> bind, ILogger<InProcessCallInvoker> logger, RpcMeter? meter = null)
        : this(new Lazy<MethodTable>(() => MethodTable.Create(bind)), logger, meter, tenant: null)
    {
    }

    private InProcessCallInvoker(Lazy<MethodTable> methods, ILogger logger, RpcMeter? meter, string? tenant) =>
        (_methods, _logger, _meter, _tenant) = (methods, logger, meter, tenant);

    /// <summary>The same service, called for somebody: its handlers see this tenant as that of the caller's API key.</summary>
    /// <param name="tenant">Null: no key tells.</param>
    public InProcessCallInvoker For(string? tenant) => new(_methods, _logger, _meter, tenant);

    /// <summary>Not supported: use the asynchronous call.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        throw new NotSupportedException("In-process calls are asynchronous only.");

    /// <inheritdoc/>
    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var handler = _methods.Value.Find<UnaryServerMethod<TRequest, TResponse>>(method);
        var call = new InProcessCall(method, options, _meter, _logger, _tenant);
        TResponse? response = null;
        call.Run(async context => response = await handler(request, context) ?? throw MissingResponse());
        return new AsyncUnaryCall<TResponse>(
            call.ResponseAsync(() => response!), call.Headers, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    /// <inheritdoc/>
    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var handler = _methods.Value.Find<ServerStreamingServerMethod<TRequest, TResponse>>(method);
        var call = new InProcessCall(method, options, _meter, _logger, _tenant);
        var responses = new ResponseStream<TResponse>(call);
        call.Run(context => handler(request, responses, context));
        return new AsyncServerStreamingCall<TResponse>(responses, call.Headers, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    /// <inheritdoc/>
    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var handler = _methods.Value.Find<ClientStreamingServerMethod<TRequest, TResponse>>(method);
        var call = new InProcessCall(method, options, _meter, _logger, _tenant);
        var requests = new RequestStream<TRequest>(call);
        TResponse? response = null;
        call.Run(async context => response = await handler(requests, context) ?? throw MissingResponse());
        return new AsyncClientStreamingCall<TRequest, TResponse>(
            requests, call.ResponseAsync(() => response!), call.Headers, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    /// <inheritdoc/>
    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var handler = _methods.Value.Find<DuplexStreamingServerMethod<TRequest, TResponse>>(method);
        var call = new InProcessCall(method, options, _meter, _logger, _tenant);
        var requests = new RequestStream<TRequest>(call);
        var responses = new ResponseStream<TResponse>(call);
        call.Run(context => handler(requests, responses, context));
        return new AsyncDuplexStreamingCall<TRequest, TResponse>(
            requests, responses, call.Headers, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    // What a gRPC server answers for a handler that returns null.
    private static RpcException MissingResponse() => new(new Status(StatusCode.Cancelled, "No message returned from method."));
}
