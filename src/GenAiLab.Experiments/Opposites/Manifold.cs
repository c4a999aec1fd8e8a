using System.Globalization;
using System.Numerics.Tensors;

namespace GenAiLab.Experiments.Opposites;

/// <summary>
/// Whether generated examples lie where the data is, and everywhere where it is. Around each example lies a ball that reaches to
/// its k-th nearest neighbour of the same set.
/// </summary>
/// <param name="Precision">Share of generated examples within a ball of a real one (Kynkäänniemi et al. 2019, arXiv:1904.06991).</param>
/// <param name="Recall">Share of real examples within a ball of a generated one (the same).</param>
/// <param name="Density">Balls of real examples that a generated one lies in, over k (Naeem et al. 2020, arXiv:2002.09797).</param>
/// <param name="Coverage">Share of real examples whose ball holds a generated one (the same).</param>
internal sealed record Manifold(double Precision, double Recall, double Density, double Coverage)
{
    /// <summary>The k of both papers' figures, between their 3 and 5.</summary>
    public const int Neighbour = 5;

    /// <summary>Measures <paramref name="generated"/> against <paramref name="real"/>; the figures depend on how many there are, so a yardstick has as many.</summary>
    /// <param name="real">More than k vectors.</param>
    /// <param name="generated">More than k vectors.</param>
    public static Manifold Measure(IReadOnlyList<float[]> real, IReadOnlyList<float[]> generated)
    {
        var (realRadii, generatedRadii) = (Neighbours.Radii(real, Neighbour), Neighbours.Radii(generated, Neighbour));
        var inBalls = new int[generated.Count];
        var (recalled, covered) = (new bool[real.Count], new bool[real.Count]);
        for (var at = 0; at < real.Count; at++)
        {
            for (var other = 0; other < generated.Count; other++)
            {
                var distance = TensorPrimitives.Distance(real[at], generated[other]);
                if (distance <= realRadii[at])
                {
                    (covered[at], inBalls[other]) = (true, inBalls[other] + 1);
                }

                recalled[at] |= distance <= generatedRadii[other];
            }
        }

        return new Manifold(
            inBalls.Average(static count => count > 0 ? 1.0 : 0), recalled.Average(static one => one ? 1.0 : 0),
            inBalls.Average() / Neighbour, covered.Average(static one => one ? 1.0 : 0));
    }

    /// <summary>
    /// Each figure over that of other real examples in place of the generated ones. Recall and coverage, which say how much of the data is
    /// there, have to be within 15 % of it; the others say whether it is the data, which is what the two-sample test asks.
    /// </summary>
    /// <param name="yardstick">Of real examples against real ones, as many as here.</param>
    /// <param name="count">How many they are.</param>
    public IReadOnlyList<Measurement> Against(Manifold yardstick, int count) =>
    [
        Compare("recall", Recall, yardstick.Recall, count, Criterion.Within(0.85, 1.15)),
        Compare("coverage", Coverage, yardstick.Coverage, count, Criterion.Within(0.85, 1.15)),
        Compare("precision", Precision, yardstick.Precision, count, Criterion.Reported),
        Compare("density", Density, yardstick.Density, count, Criterion.Reported),
    ];

    private static Measurement Compare(string what, double value, double real, int count, Criterion criterion) => Measurement.Exact(
        string.Create(CultureInfo.InvariantCulture, $"diversity: {what} over that of real examples, {real:0.000}"), value / real, count, criterion);
}
