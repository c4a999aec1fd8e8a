namespace GenAiLab.Sampling.Tests;

public sealed class TopCandidatesTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(5, 9)]
    [InlineData(64, 1000)]
    [InlineData(1000, 1000)]
    [InlineData(769, 5000)]
    [InlineData(5000, 5000)]
    [InlineData(20_000, 50_257)]
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

    [Theory]
    [InlineData(3)]
    [InlineData(1_500)]
    public void RanksSignsAndZerosAndTheInfinite(int k)
    {
        float[] values = [0f, -0f, 1e-45f, -1e-45f, float.MaxValue, float.MinValue, float.NegativeInfinity, -1, 1, 0f];
        float[] logits = [.. Enumerable.Range(0, 2_000).Select(id => values[id * 7 % values.Length])];
        var expected = Enumerable.Range(0, logits.Length).OrderByDescending(id => logits[id]).ThenBy(static id => id).Take(k);
        Assert.Equal(expected, TopCandidates.Select(logits, k).TokenIds);
    }

    [Fact]
    public void SelectsAtMostWhatThereIs()
    {
        Assert.Equal([1, 2, 0], TopCandidates.Select([float.NegativeInfinity, 5, 1], 10).TokenIds);
        Assert.Empty(TopCandidates.Select([1f, 2f], 0).TokenIds);
    }
}
