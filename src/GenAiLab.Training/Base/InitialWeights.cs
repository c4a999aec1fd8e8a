using GenAiLab.Models.Llama;

namespace GenAiLab.Training.Base;

/// <summary>
/// Weights of a decoder that has learned nothing: normal with deviation 0.5 / √width; what is added to the residual stream is smaller by
/// √(2 layers), so that its sum over the layers keeps its size (Radford et al. 2019, GPT-2, §2.3).
/// </summary>
internal static class InitialWeights
{
    /// <summary>Flat, in the order of <see cref="LlamaConfig.Parameters"/>.</summary>
    public static float[] Of(LlamaConfig config, int seed)
    {
        var random = new Random(seed);
        var weights = new List<float>();
        foreach (var parameter in config.Parameters())
        {
            var deviation = 0.5 / Math.Sqrt(config.HiddenSize);
            if (parameter.Name.EndsWith(".output", StringComparison.Ordinal) || parameter.Name.EndsWith(".down", StringComparison.Ordinal))
            {
                deviation /= Math.Sqrt(2 * config.Layers);
            }

            for (var at = 0; at < parameter.Length; at++)
            {
                weights.Add(parameter.IsMatrix ? (float)(deviation * Normal(random)) : 1);
            }
        }

        return [.. weights];
    }

    // Box–Muller.
    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
