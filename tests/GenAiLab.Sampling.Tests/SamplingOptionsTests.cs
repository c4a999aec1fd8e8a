namespace GenAiLab.Sampling.Tests;

public sealed class SamplingOptionsTests
{
    [Theory]
    [InlineData(-0.1f, 0, 1f, 0f, "temperature")]
    [InlineData(float.NaN, 0, 1f, 0f, "temperature")]
    [InlineData(100.1f, 0, 1f, 0f, "temperature")]
    [InlineData(float.PositiveInfinity, 0, 1f, 0f, "temperature")]
    [InlineData(1f, -1, 1f, 0f, "top_k")]
    [InlineData(1f, 0, 0f, 0f, "top_p")]
    [InlineData(1f, 0, 1.01f, 0f, "top_p")]
    [InlineData(1f, 0, float.NaN, 0f, "top_p")]
    [InlineData(1f, 0, 1f, -0.5f, "min_p")]
    [InlineData(1f, 0, 1f, 1.5f, "min_p")]
    [InlineData(1f, 0, 1f, float.NaN, "min_p")]
    public void NamesTheFieldThatIsOutOfRange(float temperature, int topK, float topP, float minP, string field)
    {
        var options = new SamplingOptions { Temperature = temperature, TopK = topK, TopP = topP, MinP = minP };
        Assert.Equal(field, Assert.Single(options.Validate()).Field);
    }

    [Fact]
    public void AcceptsTheDefaultsAndTheEdges()
    {
        Assert.Empty(new SamplingOptions().Validate());
        Assert.Equal((1f, 0, 1f, 0f), (new SamplingOptions().Temperature, new SamplingOptions().TopK, new SamplingOptions().TopP, new SamplingOptions().MinP));
        Assert.Empty(new SamplingOptions { Temperature = 0, TopP = 1, MinP = 1, TopK = int.MaxValue }.Validate());
        Assert.Empty(new SamplingOptions { Temperature = 100, TopP = float.Epsilon }.Validate());
        Assert.Equal(2, new SamplingOptions { Temperature = -1, TopP = 2 }.Validate().Count);
    }
}
