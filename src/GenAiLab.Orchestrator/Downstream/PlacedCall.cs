using GenAiLab.Orchestrator.Fleet;
using GenAiLab.ServiceDefaults;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Downstream;

/// <summary>
/// A call that runs a whole sequence through a model and answers once. It changes nothing, so when a decoder is lost,
/// leaves or is full, another one is asked the same.
/// </summary>
internal static class PlacedCall
{
    /// <summary>Decoders that are tried: a sequence that kills decoders must not kill them all.</summary>
    public const int MaximumAttempts = 3;

    /// <param name="decoders">Those that there are.</param>
    /// <param name="model">The model's name.</param>
    /// <param name="tokens">The sequence, by which a decoder is chosen that may have its beginning in its cache.</param>
    /// <param name="call">The call.</param>
    /// <param name="options">The caller's deadline and cancellation.</param>
    /// <exception cref="RpcException">As <see cref="DownstreamCall.InvokeAsync{T}"/>; of the last decoder that was tried.</exception>
    public static async Task<T> InvokeAsync<T>(
        IDecoders decoders, string model, IReadOnlyList<int> tokens, Func<V1.Decoder.DecoderClient, CallOptions, Task<T>> call, CallLimits options)
    {
        var caller = options.CancellationToken;
        var request = decoders.Describe(model, tokens);
        HashSet<ulong> excluded = [];
        RpcException? loss = null;
        for (var attempt = 0; attempt < MaximumAttempts; attempt++)
        {
            using var lease = decoders.Acquire(request, excluded);
            if (lease is null)
            {
                break;
            }

            using var linked = CancellationTokenSource.CreateLinkedTokenSource(caller, lease.Lost);
            try
            {
                return await DownstreamCall.InvokeAsync("decoder", () => call(lease.Client, options.WithCancellationToken(linked.Token)), linked.Token);
            }
            catch (RpcException error) when (error.StatusCode is StatusCode.Unavailable or StatusCode.ResourceExhausted)
            {
                loss = error;
            }
            catch (OperationCanceledException) when (lease.Lost.IsCancellationRequested && !caller.IsCancellationRequested)
            {
                loss = RpcErrors.Unavailable("the decoder service is not reachable");
            }

            lease.Failed(loss);
            excluded.Add(lease.Key);
        }

        throw loss ?? RpcErrors.Unavailable("no decoder serves the model now");
    }
}
