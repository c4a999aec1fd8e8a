namespace GenAiLab.Sampling.Tests;

public sealed class CounterRandomTests
{
    // Known-answer vectors of the Random123 distribution (kat_vectors, philox4x32 10).
    [Theory]
    [InlineData(0u, 0u, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(~0u, ~0u, ~0u, ~0u, ~0u, ~0u, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void PhiloxGivesThePublishedVectors(
        uint c0, uint c1, uint c2, uint c3, uint k0, uint k1, uint r0, uint r1, uint r2, uint r3) =>
        Assert.Equal((r0, r1, r2, r3), CounterRandom.Philox(c0, c1, c2, c3, k0, k1));

    [Fact]
    public void NumbersAreUniformAndDependOnSeedAndPositionOnly()
    {
        const int draws = 100_000;
        double sum = 0, lagged = 0;
        for (var i = 0; i < draws; i++)
        {
            var u = CounterRandom.Uniform(7, i);
            Assert.InRange(u, 0, 1 - double.Epsilon);
            sum += u;
            lagged += (u - 0.5) * (CounterRandom.Uniform(7, i + 1) - 0.5);
        }

        Assert.InRange(sum / draws, 0.495, 0.505);
        Assert.InRange(lagged / draws, -0.002, 0.002);
        Assert.Equal(CounterRandom.Uniform(7, 5), CounterRandom.Uniform(7, 5));
        Assert.NotEqual(CounterRandom.Uniform(7, 5), CounterRandom.Uniform(8, 5));
        Assert.NotEqual(CounterRandom.Uniform(7, 5), CounterRandom.Uniform(7L << 32, 5));
        Assert.NotEqual(CounterRandom.Uniform(7, 5), CounterRandom.Uniform(7, 5 + (1L << 32)));
    }
}
