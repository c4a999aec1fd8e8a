namespace GenAiLab.Sampling.Steps;

/// <summary>Temperature by entropy: low where the model is sure, high where it is not (kalomaze 2023, "DynaTemp").</summary>
internal static class DynamicTemperature
{
    private const double Lowest = 0.01;

    public static double Of(WorkingSet set, SamplingOptions options)
    {
        var range = options.TemperatureRange ?? 0;
        var low = Math.Max(Lowest, (double)options.Temperature - range);
        var high = Math.Max(low, (double)options.Temperature + range);
        var possible = Distribution.CountPossible(set.Logits);
        if (possible < 2)
            return low; // The entropy is 0, and so is its highest value.
        var (_, entropy) = Distribution.Entropy(set.Logits, set.Maximum(), set.Temperature);
        var share = Math.Clamp(entropy / Math.Log(possible), 0, 1);
        return low + ((high - low) * Math.Pow(share, options.TemperatureExponent ?? 1));
    }
}
