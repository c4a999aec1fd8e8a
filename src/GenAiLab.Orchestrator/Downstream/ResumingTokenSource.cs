using GenAiLab.Orchestrator.Fleet;
using GenAiLab.Orchestrator.Loop;
using GenAiLab.Orchestrator.Requests;
using GenAiLab.Orchestrator.Telemetry;
using GenAiLab.ServiceDefaults;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Downstream;

/// <summary>
/// A generation that outlives its decoder. Each draw depends on the seed and the token's position alone, so
/// prompt and tokens so far, given to another replica, go on with the very tokens that the first would have
/// generated: the caller sees a pause, and no token twice. Deadline and cancellation stay the caller's.
/// </summary>
internal sealed class ResumingTokenSource(IDecoders decoders, IDecoderStream stream, ILogger logger) : ITokenSource
{
    /// <summary>Replicas that may break one after the other without a token between: a prompt that kills decoders must not kill them all.</summary>
    public const int MaximumLossesInARow = 3;

    /// <summary>The most moves of one generation.</summary>
    public const int MaximumMoves = 32;

    private static readonly TimeSpan PauseWhereAllAreFull = TimeSpan.FromMilliseconds(100);

    public async IAsyncEnumerable<LoopStep> GenerateAsync(GenerationPlan plan, CallOptions options)
    {
        var caller = options.CancellationToken;
        List<int> generated = [];
        HashSet<ulong> excluded = [];
        var (losses, moves) = (0, 0);
        RpcException? loss = null;
        var request = decoders.Describe(plan.Model.Name, [.. plan.Prompt.Select(static token => token.Id)]);
        while (true)
        {
            using var lease = await PlaceAsync(request with { PromptTokens = plan.Prompt.Count + generated.Count }, excluded, loss, generated.Count > 0, caller);
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(caller, lease.Lost);
            await using var steps = stream.GenerateAsync(lease.Client, plan, generated, options.WithCancellationToken(linked.Token)).GetAsyncEnumerator(caller);
            loss = null;
            while (loss is null)
            {
                LoopStep? step;
                try
                {
                    step = await steps.MoveNextAsync() ? steps.Current : null;
                }
                catch (RpcException error)
                {
                    lease.Failed(error);
                    if (!MayMove(error))
                    {
                        throw;
                    }

                    loss = error;
                    break;
                }
                catch (OperationCanceledException) when (lease.Lost.IsCancellationRequested && !caller.IsCancellationRequested)
                {
                    loss = RpcErrors.Unavailable("the decoder service is not reachable");
                    lease.Failed(loss);
                    break;
                }

                if (step is null)
                {
                    yield break;
                }

                if (step.Token is { } token)
                {
                    generated.Add(token.Id);
                    losses = 0;
                    excluded.Clear();
                }

                yield return step;
                if (step.Finish != V1.FinishReason.Unspecified)
                {
                    yield break;
                }
            }

            // Who leaves, is full or has fallen silent was not broken by this request.
            losses += DownstreamCall.Leaves(loss!) || loss!.StatusCode == StatusCode.ResourceExhausted || lease.Lost.IsCancellationRequested ? 0 : 1;
            if (losses > MaximumLossesInARow || ++moves > MaximumMoves)
            {
                throw loss!;
            }

            excluded.Add(lease.Key);
            logger.StreamMoves(lease.Address, generated.Count, loss!.Status.Detail);
        }
    }

    // A decoder that is full has not begun: another one may have room.
    private static bool MayMove(RpcException error) => error.StatusCode is StatusCode.Unavailable or StatusCode.ResourceExhausted;

    private async Task<DecoderLease> PlaceAsync(
        PlacementRequest request, HashSet<ulong> excluded, RpcException? loss, bool underWay, CancellationToken caller)
    {
        if (decoders.Acquire(request, excluded) is { } lease)
        {
            return lease;
        }

        // Each was tried. Those that are full tell a new caller when to come back; a stream that is under way asks
        // again. Those that are gone may have successors.
        if (loss is { StatusCode: StatusCode.ResourceExhausted })
        {
            if (!underWay)
            {
                throw loss;
            }

            await Task.Delay(PauseWhereAllAreFull, caller);
        }
        else if (!await decoders.WaitForServingAsync(request.Model, caller))
        {
            throw loss ?? RpcErrors.Unavailable("no decoder serves the model now");
        }

        excluded.Clear();
        return decoders.Acquire(request, excluded) ?? throw loss ?? RpcErrors.Unavailable("no decoder serves the model now");
    }
}
