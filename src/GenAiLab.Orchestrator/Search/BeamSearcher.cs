using GenAiLab.Orchestrator.Downstream;
using GenAiLab.Orchestrator.Fleet;
using GenAiLab.Orchestrator.Loop;
using GenAiLab.Orchestrator.Requests;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Search;

/// <summary>
/// Beam search: looks for the most probable continuations instead of drawing them. Runs in step mode, a stream for each
/// unfinished continuation, all at one decoder; when that is lost, all go on at another one.
/// </summary>
internal sealed class BeamSearcher(IDecoders decoders, TimeProvider time, ILogger<BeamSearcher> logger)
{
    /// <summary>The `candidates` best continuations, best first.</summary>
    /// <exception cref="RpcException">No decoder can do it.</exception>
    public async Task<BeamSearchResult> SearchAsync(GenerationPlan plan, CallLimits options)
    {
        var caller = options.CancellationToken;
        var form = new BeamDistributions(plan);
        var endings = new BeamEndings(plan.Rules, plan.Pieces);
        var state = new BeamSearchState(
            plan.Beam!, Math.Min(plan.Rules.MaxTokens, plan.Rules.ContextLength - plan.Prompt.Count), endings.AreMetBy);
        var moves = new ReplicaMoves(decoders, decoders.Describe(plan.Model.Name, plan.PromptIdList()), time, logger);
        var result = new BeamSearchResult([], 0, 0);
        while (true)
        {
            var length = state.Live[0].Length;
            using var lease = await moves.PlaceAsync(length, caller);
            try
            {
                await using var streams = new BeamStreams(lease, plan, form, options);
                var answers = await streams.OpenAsync(state.Live);
                result = result with { CachedPromptTokens = length == 0 ? answers[0].CachedPromptTokens : result.CachedPromptTokens };
                while (Advance(state, form, answers))
                {
                    moves.TokenCame();
                    length = state.Live[0].Length;
                    answers = await streams.AdvanceAsync(state.Live);
                }

                return result with { Best = [.. state.Finished.Take(plan.Candidates)] };
            }
            catch (RpcException error)
            {
                moves.Lost(lease, error, length);
            }
            catch (OperationCanceledException) when (lease.Lost.IsCancellationRequested && !caller.IsCancellationRequested)
            {
                moves.Lost(lease, RpcErrors.Unavailable("the decoder service is not reachable"), length);
            }

            result = result with { Resumes = result.Resumes + (length > 0 ? 1 : 0) };
        }
    }

    // False: it is over.
    private static bool Advance(BeamSearchState state, BeamDistributions form, StepResponse[] answers)
    {
        var next = answers.Select((answer, at) => answer.Distribution is null ? null : form.Read(answer.Distribution, state.Live[at].Length)).ToList();
        if (next.Exists(static tokens => tokens is null))
        {
            throw RpcErrors.Internal("the model's distribution is none");
        }

        state.Advance(next!);
        return !state.IsOver;
    }
}
