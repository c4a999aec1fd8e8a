using GenAiLab.Experiments.Hallucination;

namespace GenAiLab.Experiments.Tests.SmallModels;

/// <summary>The verdict on rates, without a model.</summary>
public sealed class HallucinationCorrelationTests
{
    [Fact]
    public void What_is_seen_once_and_made_up_correlates()
    {
        var interval = HallucinationCorrelation.OverFacts(Corpora(static (fact, often) => fact < often), seed: 1);

        Assert.Equal((1.0, 1.0, 1.0, 800L), (interval.Value, interval.Low, interval.High, interval.N));
    }

    [Fact]
    public void What_is_made_up_at_random_does_not()
    {
        var random = new Random(3);
        var corpora = Corpora((_, _) => random.Next(4) > 0);

        Assert.True(HallucinationCorrelation.OverFacts(corpora, seed: 1).Low < 0.9);
        Assert.True(HallucinationCorrelation.OverCorpora(corpora).Low < 0.9);
    }

    [Fact]
    public void Models_that_are_always_right_show_nothing()
    {
        var corpora = Corpora(static (_, _) => true);

        Assert.Equal(0, HallucinationCorrelation.OverFacts(corpora, seed: 1).High);
        Assert.False(HallucinationCorrelation.OverCorpora(corpora).Measures("", Criterion.NotBelow(0.9)).Passed);
    }

    // Eight corpora of 100 facts, of which 0, 5, 10, ... are seen once.
    private static List<(double Share, IReadOnlyList<Answer> Answers)> Corpora(Func<int, int, bool> right) =>
        [.. Enumerable.Range(0, 8).Select(corpus => (
            corpus * 0.05,
            (IReadOnlyList<Answer>)[.. Enumerable.Range(0, 100).Select(fact => new Answer(fact >= 100 - (5 * corpus), true, right(fact, 100 - (5 * corpus))))]))];
}
