using GenAiLab.V1;

namespace GenAiLab.Experiments.Tests.Sabotage;

/// <summary>Is surer than it should be: log-probabilities at seven tenths.</summary>
public sealed class Overconfident : BrokenCalls
{
    protected override object OnResponse(object? request, object response)
    {
        if (response is not ScoreResponse scores)
        {
            return response;
        }

        var broken = scores.Clone();
        foreach (var candidate in broken.Tokens.SelectMany(static token => token.Alternatives))
        {
            candidate.RawLogProbability *= 0.7f;
        }

        return broken;
    }
}
