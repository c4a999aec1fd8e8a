using System.Numerics.Tensors;

namespace GenAiLab.Experiments.Opposites;

/// <summary>Separators of vectors that need no network.</summary>
internal static class Separators
{
    private const int Voters = 5;
    private const int Passes = 300;
    private const float Rate = 0.5f;
    private const float Decay = 1e-3f;

    /// <summary>The majority of the five nearest (Fix and Hodges 1951).</summary>
    public static bool[] ByNeighbours(IReadOnlyList<(float[] Example, bool Generated)> examples, IReadOnlyList<float[]> asked) =>
    [
        .. Neighbours.Closest(asked, [.. examples.Select(static one => one.Example)], Voters)
            .Select(nearest => 2 * nearest.Count(at => examples[at].Generated) > nearest.Length),
    ];

    /// <summary>
    /// Logistic regression on standardised values and their squares, by gradient descent: sees shifts and changes of spread of
    /// each value, nothing of how values go together.
    /// </summary>
    public static bool[] ByRegression(IReadOnlyList<(float[] Example, bool Generated)> examples, IReadOnlyList<float[]> asked)
    {
        var (mean, deviation) = Moments([.. examples.Select(static one => one.Example)]);
        var rows = examples.Select(one => (Values: Prepare(one.Example), Target: one.Generated ? 1f : 0)).ToList();
        var weights = new float[rows[0].Values.Length];
        var gradient = new float[weights.Length];
        for (var pass = 0; pass < Passes; pass++)
        {
            TensorPrimitives.Multiply(weights, Decay, gradient);
            foreach (var (values, target) in rows)
            {
                var error = Probability(values) - target;
                TensorPrimitives.MultiplyAdd(values, error / rows.Count, gradient, gradient);
            }

            TensorPrimitives.MultiplyAdd(gradient, -Rate, weights, weights);
        }

        return [.. asked.Select(example => Probability(Prepare(example)) > 0.5f)];

        float Probability(float[] values) => 1 / (1 + MathF.Exp(-TensorPrimitives.Dot(values, weights)));

        // The last value is the constant. Clamped: one far outlier would decide the step for all.
        float[] Prepare(float[] example)
        {
            var standard = example.Select((value, at) => Math.Clamp((value - mean[at]) / deviation[at], -4, 4)).ToList();
            return [.. standard, .. standard.Select(static value => ((value * value) - 1) / 2), 1];
        }
    }

    private static (float[] Mean, float[] Deviation) Moments(List<float[]> rows)
    {
        var (mean, square) = (new float[rows[0].Length], new float[rows[0].Length]);
        foreach (var row in rows)
        {
            TensorPrimitives.MultiplyAdd(row, 1f / rows.Count, mean, mean);
        }

        foreach (var row in rows)
        {
            for (var at = 0; at < row.Length; at++)
            {
                square[at] += (row[at] - mean[at]) * (row[at] - mean[at]) / rows.Count;
            }
        }

        return (mean, [.. square.Select(static value => Math.Max(MathF.Sqrt(value), 1e-6f))]);
    }
}
