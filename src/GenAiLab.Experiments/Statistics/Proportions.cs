using MathNet.Numerics.Distributions;

namespace GenAiLab.Experiments.Statistics;

/// <summary>Shares of successes among independent trials.</summary>
public static class Proportions
{
    private static readonly double Z = Normal.InvCDF(0, 1, 0.5 + (Interval.Confidence / 2));

    /// <summary>
    /// Wilson's score interval (Wilson 1927), without correction of continuity: honest near 0 and 1 too, where the
    /// usual one collapses.
    /// </summary>
    /// <param name="successes">In [0, <paramref name="trials"/>].</param>
    /// <param name="trials">At least 1.</param>
    public static Interval Wilson(long successes, long trials)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(trials, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(successes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(successes, trials);
        var p = (double)successes / trials;
        var (centre, width) = Score(p, trials);
        // At the ends the formula is exact but for rounding.
        return new Interval(p, successes == 0 ? 0 : centre - width, successes == trials ? 1 : centre + width, trials);
    }

    /// <summary>
    /// The difference <paramref name="first"/> − <paramref name="second"/> of two independent shares, by Newcombe's
    /// hybrid score (Newcombe 1998, method 10).
    /// </summary>
    public static Interval Difference((long Successes, long Trials) first, (long Successes, long Trials) second)
    {
        var (a, b) = (Wilson(first.Successes, first.Trials), Wilson(second.Successes, second.Trials));
        var difference = a.Value - b.Value;
        return new Interval(
            difference,
            difference - double.Hypot(a.Value - a.Low, b.High - b.Value),
            difference + double.Hypot(a.High - a.Value, b.Value - b.Low),
            a.N + b.N);
    }

    private static (double Centre, double Width) Score(double p, double n)
    {
        var square = Z * Z;
        var scale = 1 + (square / n);
        return ((p + (square / (2 * n))) / scale, Z / scale * Math.Sqrt((p * (1 - p) / n) + (square / (4 * n * n))));
    }
}
