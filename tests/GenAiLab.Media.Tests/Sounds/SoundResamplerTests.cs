using GenAiLab.Media.Sounds;

namespace GenAiLab.Media.Tests.Sounds;

public sealed class SoundResamplerTests
{
    private const int Rate = 16_000;

    [Theory]
    [InlineData(4_000)]
    [InlineData(8_000)]
    [InlineData(22_050)]
    [InlineData(44_100)]
    [InlineData(44_101)]
    [InlineData(48_000)]
    [InlineData(192_000)]
    public void AToneStaysTheSame(int rate)
    {
        var resampled = SoundResampler.Resample(new Sound(Tone(1_000, rate, rate / 2), rate), Rate, TestContext.Current.CancellationToken);

        Assert.Equal(Rate / 2, resampled.Length);
        var expected = Tone(1_000, Rate, Rate / 2);
        for (var at = Rate / 8; at < Rate * 3 / 8; at++)
        {
            Assert.Equal(expected[at], resampled[at], 0.002f);
        }
    }

    [Theory]
    [InlineData(22_050, 10_000)]
    [InlineData(44_100, 9_000)]
    [InlineData(48_000, 20_000)]
    [InlineData(192_000, 90_000)]
    public void WhatTheRateCannotHoldIsGone(int rate, int frequency)
    {
        var resampled = SoundResampler.Resample(new Sound(Tone(frequency, rate, rate / 2), rate), Rate, TestContext.Current.CancellationToken);
        Assert.True(resampled[2_000..6_000].Max(Math.Abs) < 0.001, "it comes back as another tone");
    }

    [Fact]
    public void ASampleIsEnough() => Assert.Equal(4, SoundResampler.Resample(new Sound([1], 4_000), Rate, TestContext.Current.CancellationToken).Length);

    internal static float[] Tone(double frequency, int rate, int length) =>
        [.. Enumerable.Range(0, length).Select(at => (float)(0.5 * Math.Sin(2 * Math.PI * frequency * at / rate)))];
}
