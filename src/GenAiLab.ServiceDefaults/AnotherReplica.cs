using Grpc.Core;
using Grpc.Core.Interceptors;

namespace GenAiLab.ServiceDefaults;

/// <summary>
/// Asks again where the connection broke before an answer came: of several replicas, which service discovery takes in
/// turn, another one; of one, the same when it is back soon. For services that hold no state, in unary calls. What
/// a service itself answers, UNAVAILABLE included, is final; so are the caller's deadline and cancellation.
/// </summary>
internal sealed class AnotherReplica(TimeProvider time) : Interceptor
{
    /// <summary>The most times that a call is made: pauses of 10, 20, … ms between them, 630 ms in all.</summary>
    public const int MaximumAttempts = 7;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(10);

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        var call = continuation(request, context);
        var answer = AnswerAsync();
        return new AsyncUnaryCall<TResponse>(
            answer, HeadersAsync(), () => call.GetStatus(), () => call.GetTrailers(), () => call.Dispose());

        async Task<TResponse> AnswerAsync()
        {
            var pause = FirstPause;
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    return await call.ResponseAsync;
                }
                catch (RpcException error) when (attempt < MaximumAttempts && ConnectionBroke(error) && !context.Options.CancellationToken.IsCancellationRequested)
                {
                    await Task.Delay(pause, time, context.Options.CancellationToken);
                    pause *= 2;
                    call.Dispose();
                    call = continuation(request, context);
                }
            }
        }

        // Those of the last call that is made.
        async Task<Metadata> HeadersAsync()
        {
            await answer;
            return await call.ResponseHeadersAsync;
        }
    }

    // The status was made up on this side, and not for its deadline.
    private static bool ConnectionBroke(RpcException error) =>
        error.StatusCode is StatusCode.Unavailable or StatusCode.Internal && error.Status.DebugException is HttpRequestException or IOException;
}
