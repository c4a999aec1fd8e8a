using Grpc.Core;
using Grpc.Core.Interceptors;

namespace GenAiLab.Experiments.Tests.Sabotage;

/// <summary>
/// Stands before every service and changes what goes in or comes out. Messages are passed by reference in one
/// process, so a change is made on a clone.
/// </summary>
public abstract class BrokenCalls : Interceptor
{
    /// <summary>What the service gets instead.</summary>
    protected virtual object OnRequest(object request) => request;

    /// <summary>What the caller gets instead.</summary>
    /// <param name="request">What the caller sent; the first message of a stream of requests.</param>
    /// <param name="response">What the service answered.</param>
    protected virtual object OnResponse(object? request, object response) => response;

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        var call = continuation((TRequest)OnRequest(request), context);
        return new AsyncUnaryCall<TResponse>(AnswerAsync(), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);

        async Task<TResponse> AnswerAsync() => (TResponse)OnResponse(request, await call.ResponseAsync);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        var call = continuation((TRequest)OnRequest(request), context);
        return new AsyncServerStreamingCall<TResponse>(
            new Reader<TResponse>(call.ResponseStream, response => (TResponse)OnResponse(request, response)),
            call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context, AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        var call = continuation(context);
        TRequest? first = null;
        return new AsyncDuplexStreamingCall<TRequest, TResponse>(
            new Writer<TRequest>(call.RequestStream, request =>
            {
                first ??= request;
                return (TRequest)OnRequest(request);
            }),
            new Reader<TResponse>(call.ResponseStream, response => (TResponse)OnResponse(first, response)),
            call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    private sealed class Reader<T>(IAsyncStreamReader<T> inner, Func<T, T> change) : IAsyncStreamReader<T>
    {
        public T Current { get; private set; } = default!;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            if (!await inner.MoveNext(cancellationToken))
            {
                return false;
            }

            Current = change(inner.Current);
            return true;
        }
    }

    private sealed class Writer<T>(IClientStreamWriter<T> inner, Func<T, T> change) : IClientStreamWriter<T>
    {
        public WriteOptions? WriteOptions
        {
            get => inner.WriteOptions;
            set => inner.WriteOptions = value;
        }

        public Task WriteAsync(T message) => inner.WriteAsync(change(message));

        public Task WriteAsync(T message, CancellationToken cancellationToken) => inner.WriteAsync(change(message), cancellationToken);

        public Task CompleteAsync() => inner.CompleteAsync();
    }
}
