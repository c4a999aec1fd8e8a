namespace GenAiLab.Sampling.Steps;

/// <summary>Steps that keep tokens from some logit on.</summary>
internal static class Thresholds
{
    /// <summary>Top-nσ (Tang et al. 2024): the same tokens at every temperature, as it scales logits and deviation alike.</summary>
    public static double TopNSigma(WorkingSet set, double sigmas)
    {
        var maximum = set.Maximum();
        return maximum - (sigmas * Distribution.StandardDeviation(set.Logits, maximum));
    }

    /// <summary>Min-p (Nguyen et al. 2024): p ≥ share · highest p.</summary>
    public static double MinP(WorkingSet set, double share) => set.Maximum() + (set.Temperature * Math.Log(share));
}
