namespace GenAiLab.Benchmarks.Reporting;

/// <summary>Medians and percentiles.</summary>
public static class Statistics
{
    /// <summary>The middle value; the mean of the two middle ones of an even number.</summary>
    public static double Median(IEnumerable<double> values) => Percentile(values, 50);

    /// <summary>A percentile, interpolated linearly between the two nearest ranks.</summary>
    /// <param name="values">At least one.</param>
    /// <param name="percent">0 to 100.</param>
    public static double Percentile(IEnumerable<double> values, double percent)
    {
        double[] sorted = [.. values.Order()];
        if (sorted.Length == 0)
        {
            return double.NaN;
        }

        var rank = percent / 100 * (sorted.Length - 1);
        var (below, share) = ((int)rank, rank - (int)rank);
        return sorted[below] + (share * (sorted[Math.Min(below + 1, sorted.Length - 1)] - sorted[below]));
    }
}
