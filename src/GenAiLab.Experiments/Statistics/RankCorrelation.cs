using MathNet.Numerics.Distributions;

namespace GenAiLab.Experiments.Statistics;

/// <summary>Whether two figures rise together (Spearman 1904).</summary>
public static class RankCorrelation
{
    /// <summary>
    /// Spearman's ρ, ties at their mean rank. The interval is Fisher's z with the variance of Bonett and Wright
    /// (2000), (1 + ρ²/2)/(n − 3); for few points it is wide, as it must be.
    /// </summary>
    /// <param name="pairs">At least 4.</param>
    public static Interval Spearman(IReadOnlyList<(double X, double Y)> pairs)
    {
        var rho = Coefficient(pairs);
        ArgumentOutOfRangeException.ThrowIfLessThan(pairs.Count, 4, nameof(pairs));
        var width = Normal.InvCDF(0, 1, 0.5 + (Interval.Confidence / 2)) * Math.Sqrt((1 + (rho * rho / 2)) / (pairs.Count - 3));
        // At ±1 the transform is infinite: the bound comes from half a step below.
        var z = Math.Atanh(Math.Clamp(rho, -1 + (1.0 / (pairs.Count * (double)pairs.Count * pairs.Count)), 1 - (1.0 / (pairs.Count * (double)pairs.Count * pairs.Count))));
        return new Interval(rho, Math.Min(rho, Math.Tanh(z - width)), Math.Max(rho, Math.Tanh(z + width)), pairs.Count);
    }

    /// <summary>Spearman's ρ alone, for an interval by <see cref="Bootstrap"/>; not a number when either figure never changes.</summary>
    public static double Coefficient(IReadOnlyList<(double X, double Y)> pairs)
    {
        var (x, y) = (Ranks([.. pairs.Select(static pair => pair.X)]), Ranks([.. pairs.Select(static pair => pair.Y)]));
        var (meanX, meanY) = (x.Average(), y.Average());
        var (product, squareX, squareY) = (0.0, 0.0, 0.0);
        for (var at = 0; at < x.Length; at++)
        {
            product += (x[at] - meanX) * (y[at] - meanY);
            squareX += (x[at] - meanX) * (x[at] - meanX);
            squareY += (y[at] - meanY) * (y[at] - meanY);
        }

        return product / Math.Sqrt(squareX * squareY);
    }

    private static double[] Ranks(double[] values)
    {
        var order = Enumerable.Range(0, values.Length).OrderBy(at => values[at]).ToArray();
        var ranks = new double[values.Length];
        for (var from = 0; from < order.Length;)
        {
            var to = from;
            while (to < order.Length && values[order[to]] == values[order[from]])
            {
                to++;
            }

            foreach (var at in order[from..to])
            {
                ranks[at] = (from + to - 1) / 2.0;
            }

            from = to;
        }

        return ranks;
    }
}
