using GenAiLab.V1;

namespace GenAiLab.Experiments.Tests.Sabotage;

/// <summary>A reward model whose rewards have nothing to do with the answers.</summary>
public sealed class RandomRewards : BrokenCalls
{
    private readonly Random _random = new(1);

    protected override object OnResponse(object? request, object response)
    {
        if (response is not ClassifyResponse { Model: "lab-reward" } answer)
        {
            return response;
        }

        var broken = answer.Clone();
        lock (_random)
        {
            broken.Labels[0].Logit = (float)_random.NextDouble();
        }

        return broken;
    }
}
