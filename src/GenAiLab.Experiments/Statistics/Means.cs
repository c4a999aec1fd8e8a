using MathNet.Numerics.Distributions;

namespace GenAiLab.Experiments.Statistics;

/// <summary>Averages of independent observations.</summary>
public static class Means
{
    /// <summary>The mean with Student's t interval.</summary>
    /// <param name="observations">At least 2.</param>
    public static Interval Student(IReadOnlyCollection<double> observations)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(observations.Count, 2, nameof(observations));
        var mean = observations.Average();
        var error = Math.Sqrt(Variance(observations, mean) / observations.Count);
        var width = StudentT.InvCDF(0, 1, observations.Count - 1, 0.5 + (Interval.Confidence / 2)) * error;
        return new Interval(mean, mean - width, mean + width, observations.Count);
    }

    /// <summary>
    /// The difference of the means of two independent samples, <paramref name="first"/> − <paramref name="second"/>,
    /// of unequal variances (Welch 1947).
    /// </summary>
    /// <param name="first">At least 2.</param>
    /// <param name="second">At least 2.</param>
    public static Interval Difference(IReadOnlyCollection<double> first, IReadOnlyCollection<double> second)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(first.Count, 2, nameof(first));
        ArgumentOutOfRangeException.ThrowIfLessThan(second.Count, 2, nameof(second));
        var (a, b) = (first.Average(), second.Average());
        var (s, t) = (Variance(first, a) / first.Count, Variance(second, b) / second.Count);
        var width = 0.0;
        if (s + t > 0)
        {
            var freedom = (s + t) * (s + t) / ((s * s / (first.Count - 1)) + (t * t / (second.Count - 1)));
            width = StudentT.InvCDF(0, 1, freedom, 0.5 + (Interval.Confidence / 2)) * Math.Sqrt(s + t);
        }

        return new Interval(a - b, a - b - width, a - b + width, first.Count + second.Count);
    }

    private static double Variance(IReadOnlyCollection<double> observations, double mean) =>
        observations.Sum(value => (value - mean) * (value - mean)) / (observations.Count - 1);
}
