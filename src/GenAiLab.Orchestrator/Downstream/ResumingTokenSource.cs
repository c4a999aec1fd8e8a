using GenAiLab.Orchestrator.Fleet;
using GenAiLab.Orchestrator.Loop;
using GenAiLab.Orchestrator.Requests;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Downstream;

/// <summary>A stream that is open already, or that opens beside one that is: how a candidate begins where several share a prompt.</summary>
/// <param name="Lease">Its place.</param>
/// <param name="Open">Its steps; NOT_FOUND: the one beside it has ended, and it has to begin by itself.</param>
internal sealed record Seat(DecoderLease Lease, Func<CancellationToken, IAsyncEnumerable<LoopStep>> Open);

/// <summary>
/// A generation that outlives its decoder. Each draw depends on the seed and the token's position alone, so
/// prompt and tokens so far, given to another replica, go on with the very tokens that the first would have
/// generated: the caller sees a pause, and no token twice. Deadline and cancellation stay the caller's.
/// </summary>
internal sealed class ResumingTokenSource(IDecoders decoders, IDecoderStream stream, HedgedOpening hedging, TimeProvider time, ILogger logger)
{
    public IAsyncEnumerable<LoopStep> GenerateAsync(GenerationPlan plan, CallLimits options) => GenerateAsync(plan, seat: null, share: null, options);

    /// <param name="plan">The generation.</param>
    /// <param name="seat">Where it begins; null: where there is room.</param>
    /// <param name="share">Told each place that it takes, and may give it to others as well.</param>
    /// <param name="options">Deadline and cancellation.</param>
    public async IAsyncEnumerable<LoopStep> GenerateAsync(
        GenerationPlan plan, Seat? seat, Func<DecoderLease, DecoderLease>? share, CallLimits options)
    {
        var caller = options.CancellationToken;
        foreach (var step in Replay(plan))
        {
            yield return step;
        }

        List<int> generated = [.. plan.Resumed];
        float? mirostatMu = null;
        var resumes = 0;
        var moves = new ReplicaMoves(decoders, decoders.Describe(plan.Model.Name, plan.PromptIdList()), time, logger);
        while (true)
        {
            var opening = await OpenAsync(moves, plan.ContinuedAt(mirostatMu), generated, seat, share, options);
            var seated = seat is not null;
            seat = null;
            await using (opening)
            {
                while (true)
                {
                    LoopStep? step;
                    try
                    {
                        step = await opening.NextAsync() ? opening.Current : null;
                    }
                    catch (RpcException error) when (seated && error.StatusCode == StatusCode.NotFound)
                    {
                        break;
                    }
                    catch (RpcException error)
                    {
                        moves.Lost(opening.Lease, error, generated.Count);
                        break;
                    }
                    catch (OperationCanceledException) when (opening.Lease.Lost.IsCancellationRequested && !caller.IsCancellationRequested)
                    {
                        moves.Lost(opening.Lease, RpcErrors.Unavailable("the decoder service is not reachable"), generated.Count);
                        break;
                    }

                    if (step is null)
                    {
                        yield break;
                    }

                    if (step.Token is { } token)
                    {
                        generated.Add(token.Id);
                        mirostatMu = token.MirostatMu;
                        moves.TokenCame();
                    }

                    yield return resumes == 0 ? step : step with { Resumes = resumes };
                    if (step.Finish != FinishReason.Unspecified)
                    {
                        yield break;
                    }
                }
            }

            resumes += generated.Count > plan.Resumed.Count ? 1 : 0;
        }
    }

    // What the caller has is gone through once more: the text that it held back, a stop sequence that has begun. Where it
    // was the end already, no decoder is asked.
    private static IEnumerable<LoopStep> Replay(GenerationPlan plan)
    {
        for (var at = 0; at < plan.Resumed.Count; at++)
        {
            yield return new LoopStep(new ChosenToken(plan.Resumed[at], 0, 0, []), default, FinishReason.Unspecified)
            {
                IsReplayed = true,
                ConstraintSatisfied = at == plan.Resumed.Count - 1 ? plan.ResumedConstraint?.IsSatisfied : null,
            };
        }

        if (plan.ResumedConstraint is { MustEnd: true })
        {
            yield return new LoopStep(null, default, FinishReason.EndOfSequence);
        }
    }

    private async Task<OpenStream> OpenAsync(
        ReplicaMoves moves, GenerationPlan plan, List<int> generated, Seat? seat, Func<DecoderLease, DecoderLease>? share, CallLimits options)
    {
        if (seat is not null)
        {
            return new OpenStream(seat.Lease, seat.Open, options.CancellationToken);
        }

        var lease = await moves.PlaceAsync(generated.Count, options.CancellationToken);
        var opening = Open(share is null ? lease : share(lease));
        return generated.Count == 0 && share is null ? await hedging.FirstOfAsync(opening, moves, Open) : opening;

        OpenStream Open(DecoderLease place) => new(
            place, lost => stream.GenerateAsync(place.Client, plan, generated, options.WithCancellationToken(lost)), options.CancellationToken);
    }
}
