namespace GenAiLab.Experiments.Statistics;

/// <summary>Intervals by resampling, for figures whose distribution nobody knows (Efron 1979, percentiles).</summary>
public static class Bootstrap
{
    private const int DefaultResamples = 2_000;

    /// <summary>Resamples whole units with replacement and takes the percentiles of the figure.</summary>
    /// <typeparam name="T">A unit that is independent of the others: a document, not its tokens.</typeparam>
    /// <param name="units">At least 2.</param>
    /// <param name="figure">Computed from as many units as there are.</param>
    /// <param name="seed">Of the resampling; the same seed gives the same interval.</param>
    /// <param name="resamples">How many.</param>
    public static Interval Percentiles<T>(IReadOnlyList<T> units, Func<IReadOnlyList<T>, double> figure, int seed, int resamples = DefaultResamples)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(units.Count, 2, nameof(units));
        var random = new Random(seed);
        var drawn = new T[units.Count];
        var figures = new double[resamples];
        for (var round = 0; round < resamples; round++)
        {
            for (var at = 0; at < drawn.Length; at++)
            {
                drawn[at] = units[random.Next(units.Count)];
            }

            figures[round] = figure(drawn);
        }

        Array.Sort(figures);
        return new Interval(figure(units), Quantile(figures, (1 - Interval.Confidence) / 2), Quantile(figures, (1 + Interval.Confidence) / 2), units.Count);
    }

    /// <summary>The quantile of sorted values, interpolated.</summary>
    internal static double Quantile(double[] sorted, double share)
    {
        var place = share * (sorted.Length - 1);
        var below = (int)place;
        return below + 1 == sorted.Length ? sorted[below] : sorted[below] + ((place - below) * (sorted[below + 1] - sorted[below]));
    }
}
