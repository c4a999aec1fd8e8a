using GenAiLab.Orchestrator.Loop;
using GenAiLab.Orchestrator.Requests;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Candidates;

/// <summary>One candidate from its first event to its last.</summary>
/// <param name="Events">As they came; the last one is <see cref="LoopFinished"/>.</param>
internal sealed record EndedCandidate(IReadOnlyList<LoopEvent> Events)
{
    public LoopFinished Finished => (LoopFinished)Events[^1];

    /// <summary>Whether a guard has refused it: there may be no token of it.</summary>
    public bool IsRefused => Finished.GuardLabel is not null;

    /// <summary>Ids of the tokens generated.</summary>
    public IEnumerable<int> TokenIds => Events.OfType<TokenGenerated>().Select(static token => token.Token.Id);
}

/// <summary>Says how good candidates are; higher is better.</summary>
internal interface ICandidateRanking
{
    /// <returns>A score each.</returns>
    Task<float[]> ScoreAsync(GenerationPlan plan, IReadOnlyList<EndedCandidate> candidates, CallLimits options);
}

/// <summary>The mean log-probability per token under the model's own distribution, in nats.</summary>
internal sealed class MeanLogProbabilityRanking : ICandidateRanking
{
    public Task<float[]> ScoreAsync(GenerationPlan plan, IReadOnlyList<EndedCandidate> candidates, CallLimits options) =>
        Task.FromResult(candidates.Select(static candidate => candidate.Finished.GeneratedTokens == 0
            ? float.NegativeInfinity
            : (float)(candidate.Finished.SumRawLogProbability / candidate.Finished.GeneratedTokens)).ToArray());
}
