namespace GenAiLab.Sampling.Tests;

public sealed class TopCandidatesTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(5, 9)]
    [InlineData(64, 1000)]
    [InlineData(1000, 1000)]
    [InlineData(40, 50_257)]
    public void SelectsWhatSortingWould(int k, int vocabulary)
    {
        foreach (var distinct in new[] { 3, 1_000_000 }) // Few values: many ties.
        {
            var logits = RandomLogits.Coarse(vocabulary, distinct, seed: k + vocabulary);
            var expected = Enumerable.Range(0, vocabulary).OrderByDescending(id => logits[id]).ThenBy(id => id).Take(k).ToArray();
            var (ids, values) = TopCandidates.Select(logits, k);
            Assert.Equal(expected, ids);
            Assert.Equal(expected.Select(id => logits[id]), values);
        }
    }

    [Fact]
    public void SelectsAtMostWhatThereIs()
    {
        Assert.Equal([1, 2, 0], TopCandidates.Select([float.NegativeInfinity, 5, 1], 10).TokenIds);
        Assert.Empty(TopCandidates.Select([1f, 2f], 0).TokenIds);
    }
}
