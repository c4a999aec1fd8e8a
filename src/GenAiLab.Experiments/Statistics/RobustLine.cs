namespace GenAiLab.Experiments.Statistics;

/// <summary>A straight line through points of which some are far off, such as timings on a busy machine.</summary>
public static class RobustLine
{
    private const double Z = 1.959963984540054;

    /// <summary>
    /// The median of the slopes between all pairs of points (Theil 1950, Sen 1968), with Sen's interval: the order
    /// statistics that Kendall's variance gives.
    /// </summary>
    /// <param name="points">At least 3, at different x; at most some hundreds: the work grows with the square.</param>
    public static Interval Slope(IReadOnlyList<(double X, double Y)> points)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(points.Count, 3, nameof(points));
        var slopes = new List<double>(points.Count * (points.Count - 1) / 2);
        for (var first = 0; first < points.Count; first++)
        {
            for (var second = first + 1; second < points.Count; second++)
            {
                if (points[first].X != points[second].X)
                {
                    slopes.Add((points[second].Y - points[first].Y) / (points[second].X - points[first].X));
                }
            }
        }

        double[] sorted = [.. slopes.Order()];
        var n = (double)points.Count;
        var width = Z * Math.Sqrt(n * (n - 1) * ((2 * n) + 5) / 18);
        var low = Math.Clamp((int)Math.Floor((sorted.Length - width) / 2), 0, sorted.Length - 1);
        var high = Math.Clamp((int)Math.Ceiling((sorted.Length + width) / 2), 0, sorted.Length - 1);
        return new Interval(Bootstrap.Quantile(sorted, 0.5), sorted[low], sorted[high], points.Count);
    }
}
