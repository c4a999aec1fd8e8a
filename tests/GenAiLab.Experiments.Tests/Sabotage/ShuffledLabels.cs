using GenAiLab.V1;

namespace GenAiLab.Experiments.Tests.Sabotage;

/// <summary>Mixes up one answer in ten: says of the next place's most probable token that it is this one's.</summary>
public sealed class ShuffledLabels : BrokenCalls
{
    protected override object OnResponse(object? request, object response)
    {
        if (response is not ScoreResponse scores)
        {
            return response;
        }

        var broken = scores.Clone();
        foreach (var at in Enumerable.Range(0, broken.Tokens.Count - 1).Where(static at => at % 10 == 0))
        {
            foreach (var (candidate, other) in broken.Tokens[at].Alternatives.Zip(scores.Tokens[at + 1].Alternatives))
            {
                candidate.TokenId = other.TokenId;
            }
        }

        return broken;
    }
}
