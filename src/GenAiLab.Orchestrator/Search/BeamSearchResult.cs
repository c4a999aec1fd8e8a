using GenAiLab.Orchestrator.Loop;
using GenAiLab.V1;

namespace GenAiLab.Orchestrator.Search;

/// <summary>What a search has found.</summary>
/// <param name="Best">Best first.</param>
/// <param name="CachedPromptTokens">Tokens of the prompt that the decoder's prefix cache supplied.</param>
/// <param name="Resumes">How often it went on at another decoder.</param>
internal sealed record BeamSearchResult(IReadOnlyList<FinishedHypothesis> Best, int CachedPromptTokens, int Resumes)
{
    /// <summary>A continuation as a loop sees one that is being generated.</summary>
    public async IAsyncEnumerable<LoopStep> PlayAsync(FinishedHypothesis finished)
    {
        await Task.CompletedTask;
        foreach (var token in finished.Hypothesis.Tokens())
        {
            yield return new LoopStep(token, default, FinishReason.Unspecified) { CachedPromptTokens = CachedPromptTokens };
        }
    }
}
