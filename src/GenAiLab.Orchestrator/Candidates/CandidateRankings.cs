using GenAiLab.Orchestrator.Classifiers;
using GenAiLab.Orchestrator.Requests;

namespace GenAiLab.Orchestrator.Candidates;

/// <summary>The ways to say which candidates are the best.</summary>
internal sealed class CandidateRankings(ClassifierCalls calls)
{
    private readonly MeanLogProbabilityRanking _mean = new();
    private readonly RewardRanking _reward = new(calls);

    /// <summary>What a plan asks for.</summary>
    public ICandidateRanking For(GenerationPlan plan) => plan.Classifiers.RewardModel is null ? _mean : _reward;
}
