using GenAiLab.V1;

namespace GenAiLab.Experiments.Tests.Sabotage;

/// <summary>A sampler at 1.1 times the temperature that was asked for.</summary>
public sealed class HotterSampler : BrokenCalls
{
    protected override object OnRequest(object request)
    {
        if (request is not GenerateTokensRequest generate)
        {
            return request;
        }

        var broken = generate.Clone();
        broken.Sampling.Temperature *= 1.1f;
        return broken;
    }
}
