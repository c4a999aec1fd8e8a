using MathNet.Numerics;

namespace GenAiLab.Experiments.Statistics;

/// <summary>Pearson's test of goodness of fit (Pearson 1900).</summary>
public static class ChiSquare
{
    // Cochran's rule: below this the statistic is not distributed as assumed.
    private const double LeastExpected = 5;

    /// <summary>The probability of a worse fit if the draws come from the distribution.</summary>
    /// <param name="counts">How often each outcome was drawn.</param>
    /// <param name="probabilities">What each is said to have; they add up to 1. Outcomes that are expected fewer than 5 times are taken as one.</param>
    /// <returns>In [0, 1]; 0 when something was drawn that has no probability.</returns>
    public static Fit Test(IReadOnlyList<long> counts, IReadOnlyList<double> probabilities)
    {
        if (counts.Count != probabilities.Count)
        {
            throw new ArgumentException("as many counts as probabilities", nameof(counts));
        }

        var draws = counts.Sum();
        ArgumentOutOfRangeException.ThrowIfLessThan(draws, 1, nameof(counts));
        var cells = new List<(double Observed, double Expected)>();
        var (rareObserved, rareExpected) = (0.0, 0.0);
        for (var at = 0; at < counts.Count; at++)
        {
            var expected = draws * probabilities[at];
            if (expected <= 0 && counts[at] > 0)
            {
                return new Fit(double.PositiveInfinity, 0, 0, draws);
            }

            if (expected >= LeastExpected)
            {
                cells.Add((counts[at], expected));
            }
            else
            {
                (rareObserved, rareExpected) = (rareObserved + counts[at], rareExpected + expected);
            }
        }

        AddRare(cells, rareObserved, rareExpected);
        var statistic = cells.Sum(static cell => (cell.Observed - cell.Expected) * (cell.Observed - cell.Expected) / cell.Expected);
        var freedom = cells.Count - 1;
        return new Fit(statistic, freedom, freedom == 0 ? 1 : SpecialFunctions.GammaUpperRegularized(freedom / 2.0, statistic / 2), draws);
    }

    // The rare ones together, or, when they are still too few, with the rarest of the others.
    private static void AddRare(List<(double Observed, double Expected)> cells, double observed, double expected)
    {
        if (expected >= LeastExpected || (expected > 0 && cells.Count == 0))
        {
            cells.Add((observed, expected));
        }
        else if (expected > 0)
        {
            var rarest = cells.IndexOf(cells.MinBy(static cell => cell.Expected));
            cells[rarest] = (cells[rarest].Observed + observed, cells[rarest].Expected + expected);
        }
    }
}

/// <summary>How well draws fit a distribution.</summary>
/// <param name="Statistic">χ².</param>
/// <param name="DegreesOfFreedom">Cells less one.</param>
/// <param name="PValue">In [0, 1].</param>
/// <param name="Draws">How many draws.</param>
public sealed record Fit(double Statistic, int DegreesOfFreedom, double PValue, long Draws);
