namespace GenAiLab.Training.Optimization;

/// <summary>Linear warm-up to a peak, then a cosine down to a share of it (Loshchilov &amp; Hutter 2017, arXiv:1608.03983).</summary>
/// <param name="Peak">The largest rate.</param>
/// <param name="WarmUpSteps">Steps until the peak.</param>
/// <param name="Steps">Steps in all.</param>
/// <param name="FinalShare">The rate of the last step as a share of the largest.</param>
public sealed record LearningRateSchedule(float Peak, int WarmUpSteps, int Steps, double FinalShare = 0.1)
{
    /// <summary>The rate of a step, counted from 0.</summary>
    public float At(int step)
    {
        if (step < WarmUpSteps)
        {
            return Peak * (step + 1) / WarmUpSteps;
        }

        var progress = Math.Min(1, (step - WarmUpSteps) / (double)Math.Max(1, Steps - WarmUpSteps));
        return (float)(Peak * (FinalShare + ((1 - FinalShare) * 0.5 * (1 + Math.Cos(Math.PI * progress)))));
    }
}
