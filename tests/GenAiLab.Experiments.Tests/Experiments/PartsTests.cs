using GenAiLab.Experiments.Coding;
using GenAiLab.Experiments.Experiments;

namespace GenAiLab.Experiments.Tests.Experiments;

public sealed class PartsTests
{
    [Fact]
    public void The_reference_sampler_keeps_the_smallest_nucleus()
    {
        double[] logs = [Math.Log(0.2), Math.Log(0.5), Math.Log(0.3)];
        Near([0, 0.625, 0.375], SamplingReference.Distribution(logs, 1, 0, 0.6));
        Near([0, 1, 0], SamplingReference.Distribution(logs, 1, 0, 0.5 - 1e-9));
        Near([0, 0.625, 0.375], SamplingReference.Distribution(logs, 1, 2, 1));
        // At half the temperature probabilities are squared.
        Near([0.04 / 0.38, 0.25 / 0.38, 0.09 / 0.38], SamplingReference.Distribution(logs, 0.5, 0, 1));
    }

    [Fact]
    public void An_arithmetic_code_comes_back_and_is_as_long_as_it_should_be()
    {
        var random = new Random(3);
        uint[] frequencies = [1, 1u << 20, 7, 3_000_000, 90_000, 12];
        var total = (uint)frequencies.Sum(static frequency => (long)frequency);
        int[] message = [.. Enumerable.Range(0, 2_000).Select(_ => random.Next(10) == 0 ? random.Next(frequencies.Length) : 3)];
        var encoder = new ArithmeticEncoder();
        var ideal = 0.0;
        foreach (var symbol in message)
        {
            encoder.Encode((uint)frequencies[..symbol].Sum(static frequency => (long)frequency), frequencies[symbol], total);
            ideal -= Math.Log2((double)frequencies[symbol] / total);
        }

        var bytes = encoder.Finish();
        Assert.InRange(bytes.Length * 8, ideal, ideal + 16);
        var decoder = new ArithmeticDecoder(bytes);
        Assert.Equal(message, message.Select(_ => decoder.Decode(frequencies)));
    }

    [Fact]
    public void Random_strings_repeat_with_their_seed_and_are_well_formed()
    {
        var strings = RandomStrings.Take(1, 500);
        Assert.Equal(strings, RandomStrings.Take(1, 500));
        Assert.NotEqual(strings, RandomStrings.Take(2, 500));
        Assert.All(strings, static text => Assert.Equal(text, System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text))));
        Assert.Contains(strings, static text => text.EnumerateRunes().Any(static rune => rune.Value > 0xffff));
    }

    private static void Near(double[] expected, double[] actual) =>
        Assert.All(expected.Zip(actual), static pair => Assert.Equal(pair.First, pair.Second, 1e-12));
}
