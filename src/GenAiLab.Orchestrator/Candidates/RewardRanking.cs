using GenAiLab.Orchestrator.Classifiers;
using GenAiLab.Orchestrator.Requests;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Candidates;

/// <summary>The reward of a classifier with a single label, for the prompt with the candidate as its answer, token by token as it was generated.</summary>
internal sealed class RewardRanking(ClassifierCalls calls) : ICandidateRanking
{
    private const int Concurrency = 4;

    public async Task<float[]> ScoreAsync(GenerationPlan plan, IReadOnlyList<EndedCandidate> candidates, CallLimits options)
    {
        var scores = new float[candidates.Count];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Concurrency, CancellationToken = options.CancellationToken };
        await Parallel.ForAsync(0, scores.Length, parallel, async (index, cancellation) =>
        {
            var request = new ClassifyRequest { Model = plan.Classifiers.RewardModel!, Tokens = plan.PromptIds([.. candidates[index].TokenIds]) };
            var response = await calls.ClassifyAsync(request, "ranking.reward", options.WithCancellationToken(cancellation));
            scores[index] = response.Labels[0].Logit;
        });
        return scores;
    }
}
