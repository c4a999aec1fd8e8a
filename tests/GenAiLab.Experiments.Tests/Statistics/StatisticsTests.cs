using GenAiLab.Experiments.Statistics;

namespace GenAiLab.Experiments.Tests.Statistics;

/// <summary>Against published or hand-computed values.</summary>
public sealed class StatisticsTests
{
    [Theory]
    [InlineData(8, 10, 0.4901625, 0.9433178)]
    [InlineData(0, 20, 0, 0.1611252)]
    [InlineData(20, 20, 0.8388748, 1)]
    public void Wilson_gives_the_known_bounds(int successes, int trials, double low, double high)
    {
        var interval = Proportions.Wilson(successes, trials);
        Assert.Equal(low, interval.Low, 1e-6);
        Assert.Equal(high, interval.High, 1e-6);
    }

    // Newcombe 1998, table II, example (a), method 10.
    [Fact]
    public void A_difference_of_shares_has_Newcombes_bounds()
    {
        var interval = Proportions.Difference((56, 70), (48, 80));
        Assert.Equal(0.2, interval.Value, 1e-9);
        Assert.Equal(0.0524, interval.Low, 1e-4);
        Assert.Equal(0.3339, interval.High, 1e-4);
    }

    [Fact]
    public void Student_uses_the_quantile_of_its_degrees_of_freedom()
    {
        var interval = Means.Student([1, 2, 3, 4, 5]);
        Assert.Equal(3, interval.Value);
        Assert.Equal(3 - (2.7764451 * Math.Sqrt(0.5)), interval.Low, 1e-6);
    }

    // Equal sizes and variances: Welch's degrees of freedom are 2(n − 1) = 8, t = 2.3060041.
    [Fact]
    public void A_difference_of_means_is_Welchs()
    {
        var interval = Means.Difference([2, 3, 4, 5, 6], [1, 2, 3, 4, 5]);
        Assert.Equal(1, interval.Value, 1e-12);
        Assert.Equal(1 - 2.3060041, interval.Low, 1e-6);
    }

    [Fact]
    public void A_bootstrap_repeats_with_its_seed_and_brackets_the_mean()
    {
        double[] values = [.. Enumerable.Range(0, 200).Select(static at => (double)(at % 10))];
        var interval = Bootstrap.Percentiles(values, static drawn => drawn.Average(), seed: 5);
        Assert.Equal(interval, Bootstrap.Percentiles(values, static drawn => drawn.Average(), seed: 5));
        Assert.Equal(4.5, interval.Value, 1e-12);
        // Two standard errors of 2.872 / √200 on each side, roughly.
        Assert.InRange(interval.Low, 4.0, 4.2);
        Assert.InRange(interval.High, 4.8, 5.0);
    }

    [Theory]
    [InlineData(44, 56, 1.44, 0.2301393)]
    [InlineData(50, 50, 0, 1)]
    [InlineData(30, 70, 16, 6.334e-5)]
    public void Pearsons_test_gives_the_known_p(int first, int second, double statistic, double p)
    {
        var fit = ChiSquare.Test([first, second], [0.5, 0.5]);
        Assert.Equal(1, fit.DegreesOfFreedom);
        Assert.Equal(statistic, fit.Statistic, 1e-9);
        Assert.Equal(p, fit.PValue, 1e-6);
    }

    [Fact]
    public void Rare_outcomes_are_one_cell_and_an_impossible_one_is_no_fit()
    {
        Assert.Equal(2, ChiSquare.Test([60, 34, 3, 3], [0.6, 0.34, 0.03, 0.03]).DegreesOfFreedom);
        Assert.Equal(0, ChiSquare.Test([99, 1], [1, 0]).PValue);
    }

    // The usual textbook example: −29/165.
    [Fact]
    public void Spearman_gives_the_known_coefficient()
    {
        var interval = RankCorrelation.Spearman(
            [(106, 7), (100, 27), (86, 2), (101, 50), (99, 28), (103, 29), (97, 20), (113, 12), (112, 6), (110, 17)]);
        Assert.Equal(-29.0 / 165, interval.Value, 1e-12);
        Assert.InRange(interval.Low, -0.8, -0.6);
        Assert.InRange(interval.High, 0.4, 0.6);
    }

    [Fact]
    public void Spearman_gives_ties_their_mean_rank() => Assert.Equal(Math.Sqrt(3) / 2, RankCorrelation.Coefficient([(1, 1), (2, 1), (3, 2)]), 1e-12);

    [Fact]
    public void Calibration_error_weighs_the_gap_of_each_bin()
    {
        Assert.Equal(0.3, Calibration.ExpectedError([new(0.8, true), new(0.8, false)]), 1e-12);
        Assert.Equal(0, Calibration.ExpectedError([new(1, true), new(0, false)]), 1e-12);
        Assert.Equal(((2 * 0.3) + 0.1) / 3, Calibration.ExpectedError([new(0.8, true), new(0.8, false), new(0.1, false)]), 1e-12);
    }

    [Fact]
    public void The_robust_slope_does_not_follow_outliers()
    {
        var slope = RobustLine.Slope([.. Enumerable.Range(0, 41).Select(static x => ((double)x, x % 10 == 7 ? 1_000 : (2.0 * x) + (x % 2 * 0.1)))]);
        Assert.Equal(2, slope.Value, 0.02);
        Assert.InRange(slope.Low, 1.9, 2);
        Assert.InRange(slope.High, 2, 2.1);
    }
}
