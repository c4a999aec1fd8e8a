using GenAiLab.Experiments.Opposites;

namespace GenAiLab.Experiments.Tests.Opposites;

/// <summary>The measures on numbers whose answers are known.</summary>
public sealed class MeasureTests
{
    [Fact]
    public void Bayes_rule_bears_likelihoods_that_are_no_numbers_as_probabilities()
    {
        var posterior = BayesRule.Posterior([-2_000, -2_000 + Math.Log(3), double.NegativeInfinity]);

        Assert.Equal(0.25, posterior[0], 1e-12);
        Assert.Equal(0.75, posterior[1], 1e-12);
        Assert.Equal(0, posterior[2]);
        Assert.Equal(1, BayesRule.Decide([-2_000, -1_999, -1_999]));
    }

    [Fact]
    public void Precision_and_recall_tell_what_is_missing_from_what_is_wrong()
    {
        var random = new Random(1);
        var (left, right) = (Cloud(random, 0, 100), Cloud(random, 50, 100));
        List<float[]> both = [.. left, .. right];

        // Half of the data is missing: all that is there is right.
        var half = Manifold.Measure(both, Cloud(random, 0, 200));
        Assert.InRange(half.Precision, 0.85, 1);
        Assert.InRange(half.Recall, 0.4, 0.5);
        Assert.InRange(half.Coverage, 0.4, 0.5);
        // Half of it is wrong.
        var wrong = Manifold.Measure(left, [.. Cloud(random, 0, 50), .. Cloud(random, 50, 50)]);
        Assert.InRange(wrong.Precision, 0.4, 0.5);
        Assert.InRange(wrong.Recall, 0.85, 1);
    }

    [Fact]
    public void A_shift_is_found_and_equal_distributions_are_a_coin()
    {
        var random = new Random(2);
        List<float[]> first = Cloud(random, 0, 256), second = Cloud(random, 0, 256), shifted = Cloud(random, 1.5f, 256);

        foreach (var separator in (Separator<float[]>[])[Separators.ByNeighbours, Separators.ByRegression])
        {
            Assert.InRange(TwoSampleTest.BalancedAccuracy(first, second, separator).High, 0.45, 0.65);
            Assert.InRange(TwoSampleTest.BalancedAccuracy(first, shifted, separator).Low, 0.7, 1);
        }
    }

    [Fact]
    public void Copies_are_counted_and_distances_compared_with_held_out_ones()
    {
        var random = new Random(3);
        var training = Cloud(random, 0, 400);
        var heldOut = Cloud(random, 0, 200);

        var copied = Novelty.Measure([.. training.Take(20), .. Cloud(random, 0, 180)], heldOut, training, seed: 1);
        Assert.Equal((20, 200), copied.Copies);
        Assert.Equal((0, 200), copied.CopiesOfHeldOut);
        Assert.InRange(Novelty.Measure(Cloud(random, 0, 200), heldOut, training, seed: 1).Ratio.Value, 0.8, 1.25);
        Assert.InRange(Novelty.Measure(Cloud(random, 6, 200), heldOut, training, seed: 1).Ratio.Low, 2, 1_000);
    }

    [Fact]
    public void Half_the_spread_is_half_the_ratio()
    {
        var random = new Random(4);
        var prompts = Enumerable.Range(0, 10).Select(_ =>
        {
            IReadOnlyList<float[]> real = Cloud(random, 0, 6);
            return ((IReadOnlyList<float[]>)[.. real.Select(static vector => vector.Select(static value => value / 2).ToArray())], real);
        }).ToList();

        Assert.Equal(0.5, PromptSpread.Ratio(prompts, seed: 1).Value, 1e-6);
    }

    // Of 4 numbers around a place, of deviation about 1.
    private static List<float[]> Cloud(Random random, float middle, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, 4).Select(_ => middle + (float)(3.4 * (random.NextDouble() - 0.5))).ToArray())];
}
