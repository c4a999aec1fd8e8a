using Grpc.Core;
using Grpc.Core.Interceptors;

namespace GenAiLab.ServiceDefaults;

/// <summary>
/// Asks again where the connection broke before an answer came, or a replica said that it is UNAVAILABLE, as one that has
/// just begun does: of several replicas, which service discovery takes in turn, another one; of one, the same when it is
/// back soon. For services that hold no state, in unary calls. Whatever else a service answers is final; so are the
/// caller's deadline and cancellation.
/// </summary>
internal sealed class AnotherReplica(TimeProvider time) : Interceptor
{
    /// <summary>
    /// The most times that a call is made: pauses of about 10, 20, … ms between them, 2.6 s in all, in which a process that died is
    /// back.
    /// </summary>
    public const int MaximumAttempts = 9;

    // Calls that broke together would else come back together, and take turns at the replicas such that some meet the dead one each time.
    private const double Jitter = 0.5;

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
                catch (RpcException error) when (attempt < MaximumAttempts && IsToAskAgain(error))
                {
                    try
                    {
                        await Task.Delay(pause * (1 + (Jitter * ((2 * Random.Shared.NextDouble()) - 1))), time, context.Options.CancellationToken);
                    }
                    catch (OperationCanceledException)
                    {
                        // What the caller would get who left while a call runs, and not what the attempt before met.
                        throw new RpcException(new Status(StatusCode.Cancelled, "The caller left."));
                    }

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

    // INTERNAL only where the status was made up on this side.
    private static bool IsToAskAgain(RpcException error) =>
        error.StatusCode == StatusCode.Unavailable || (error.StatusCode == StatusCode.Internal && error.Status.DebugException is (HttpRequestException or IOException));
}
