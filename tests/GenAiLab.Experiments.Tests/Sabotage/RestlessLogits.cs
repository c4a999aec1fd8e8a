using GenAiLab.V1;

namespace GenAiLab.Experiments.Tests.Sabotage;

/// <summary>Distributions that differ by a thousandth of a nat from one stream to the next.</summary>
public sealed class RestlessLogits : BrokenCalls
{
    private int _responses;

    protected override object OnResponse(object? request, object response)
    {
        if (response is not StepResponse { Distribution: not null } step)
        {
            return response;
        }

        var broken = step.Clone();
        broken.Distribution.LogSumExp += 0.001f * (Interlocked.Increment(ref _responses) % 7);
        return broken;
    }
}
