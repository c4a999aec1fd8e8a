using System.Numerics.Tensors;
using GenAiLab.Experiments.Statistics;

namespace GenAiLab.Experiments.Opposites;

/// <summary>How different the examples of one prompt are, generated against real: a generator with one answer a prompt has 0.</summary>
internal static class PromptSpread
{
    private const int Resamples = 1_000;

    /// <summary>Mean distance between two generated examples of a prompt over that between two real ones; prompts are resampled.</summary>
    /// <param name="prompts">Of each prompt, at least 2 generated and 2 real examples; at least 2 prompts.</param>
    /// <param name="seed">Of the resampling.</param>
    public static Interval Ratio(IReadOnlyList<(IReadOnlyList<float[]> Generated, IReadOnlyList<float[]> Real)> prompts, int seed) => Bootstrap.Percentiles(
        [.. prompts.Select(static prompt => (Generated: MeanDistance(prompt.Generated), Real: MeanDistance(prompt.Real)))],
        static drawn => drawn.Sum(static prompt => prompt.Generated) / drawn.Sum(static prompt => prompt.Real), seed, Resamples);

    /// <summary>Mean Euclidean distance over all pairs.</summary>
    /// <param name="vectors">At least 2.</param>
    public static double MeanDistance(IReadOnlyList<float[]> vectors)
    {
        var (sum, pairs) = (0.0, 0);
        for (var at = 0; at < vectors.Count; at++)
        {
            for (var other = at + 1; other < vectors.Count; other++, pairs++)
            {
                sum += TensorPrimitives.Distance(vectors[at], vectors[other]);
            }
        }

        return sum / pairs;
    }
}
