using System.Text;
using GenAiLab.Orchestrator.Text;

namespace GenAiLab.Orchestrator.Tests.Text;

public sealed class StopMatcherTests
{
    [Theory]
    [InlineData("ab", "xxabyy", "xx", "ab")]
    [InlineData("aab", "aaab", "a", "aab")]
    [InlineData("abcd|bc", "abcd", "a", "bc")] // The one that ends first.
    [InlineData("bc|abc", "abc", "", "abc")] // Of those that end together, the longest.
    [InlineData("é", "né", "n", "é")]
    [InlineData("ab", "aab aXb", "a", "ab")]
    public void Text_ends_before_the_first_stop_sequence(string stops, string text, string expected, string stop)
    {
        var generated = new GeneratedText(stops.Split('|'));
        var shown = new StringBuilder();
        foreach (var value in Encoding.UTF8.GetBytes(text))
        {
            if (generated.StopSequence is null)
            {
                shown.Append(generated.Append([value]));
            }
        }

        Assert.Equal(expected, shown.Append(generated.Complete()).ToString());
        Assert.Equal(stop, generated.StopSequence);
    }

    [Fact]
    public void Only_what_may_still_become_a_stop_sequence_is_held_back()
    {
        var generated = new GeneratedText(["\n\nUser:"]);

        Assert.Equal("Hello", generated.Append("Hello"u8));
        Assert.Equal("", generated.Append("\n"u8));
        Assert.Equal("\n", generated.Append("\n"u8[..0]) + generated.Append("\n\n"u8));
        Assert.Equal("\n\nUse", generated.Append("Use"u8) + generated.Append("d"u8)[..5]);
        Assert.Equal("", generated.Complete());
        Assert.Null(generated.StopSequence);
    }

    [Fact]
    public void It_agrees_with_a_naive_search_wherever_the_cuts_fall()
    {
        var random = new Random(2);
        for (var round = 0; round < 20_000; round++)
        {
            var stops = Enumerable.Range(0, random.Next(1, 5)).Select(_ => Letters(random, random.Next(1, 6))).ToArray();
            var text = Letters(random, random.Next(0, 30));
            var matcher = new StopMatcher(stops);
            var safe = new List<byte>();
            for (var at = 0; at < text.Length && matcher.Matched < 0;)
            {
                var length = random.Next(1, Math.Min(5, text.Length - at) + 1);
                matcher.Append(text.AsSpan(at, length), safe);
                at += length;
                if (matcher.Matched < 0)
                {
                    Assert.Equal(text[..(at - LongestBegun(stops, text.AsSpan(0, at)))], safe);
                }
            }

            if (matcher.Matched < 0)
            {
                matcher.Complete(safe);
            }

            var (expected, stop) = Search(stops, text);
            Assert.Equal(expected, safe);
            Assert.Equal(stop is null, matcher.Matched < 0);
            if (stop is not null)
            {
                Assert.Equal(stop, stops[matcher.Matched]);
            }
        }
    }

    private static byte[] Letters(Random random, int length) => [.. Enumerable.Range(0, length).Select(_ => (byte)random.Next('a', 'c'))];

    private static (byte[] Text, byte[]? Stop) Search(byte[][] stops, byte[] text)
    {
        for (var end = 1; end <= text.Length; end++)
        {
            var stop = stops.Where(stop => text.AsSpan(0, end).EndsWith(stop)).MaxBy(static stop => stop.Length);
            if (stop is not null)
            {
                return (text[..(end - stop.Length)], stop);
            }
        }

        return (text, null);
    }

    private static int LongestBegun(byte[][] stops, ReadOnlySpan<byte> text)
    {
        var longest = 0;
        foreach (var stop in stops)
        {
            for (var length = Math.Min(stop.Length - 1, text.Length); length > longest; length--)
            {
                longest = text.EndsWith(stop.AsSpan(0, length)) ? length : longest;
            }
        }

        return longest;
    }
}
