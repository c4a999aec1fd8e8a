using GenAiLab.V1;

namespace GenAiLab.Experiments.Tests.Sabotage;

/// <summary>Streams log-probabilities that are a hundredth of a nat too high.</summary>
public sealed class ShiftedLogProbabilities : BrokenCalls
{
    protected override object OnResponse(object? request, object response)
    {
        if (response is not GenerateTokensResponse { Token: not null } generated)
        {
            return response;
        }

        var broken = generated.Clone();
        broken.Token.RawLogProbability += 0.01f;
        return broken;
    }
}
