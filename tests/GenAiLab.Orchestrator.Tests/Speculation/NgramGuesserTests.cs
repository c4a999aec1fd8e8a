using GenAiLab.Orchestrator.Speculation;

namespace GenAiLab.Orchestrator.Tests.Speculation;

public sealed class NgramGuesserTests
{
    [Theory]
    [InlineData(new[] { 1, 2, 3, 9, 1, 2 }, 3, 1, 3, new[] { 3, 9, 1 })]
    [InlineData(new[] { 5, 1, 7, 6, 1, 8, 5, 1 }, 3, 1, 1, new[] { 7 })] // The longer one decides, not the later one.
    [InlineData(new[] { 1, 7, 1, 8, 1 }, 3, 1, 2, new[] { 8, 1 })] // Of equals, the later one.
    [InlineData(new[] { 1, 2, 3 }, 3, 1, 4, new int[0])]
    [InlineData(new[] { 4 }, 3, 1, 4, new int[0])]
    [InlineData(new[] { 1, 7, 2, 1 }, 3, 2, 4, new int[0])] // One token alone says too little.
    [InlineData(new[] { 3, 1, 2, 1, 2 }, 3, 1, 5, new[] { 1, 2, 1, 2, 1 })] // Overtakes what it copies from.
    [InlineData(new[] { 6, 6 }, 3, 1, 4, new[] { 6, 6, 6, 6 })]
    public void What_followed_the_longest_sequence_where_it_came_last_is_guessed(int[] tokens, int longest, int shortest, int count, int[] guess) =>
        Assert.Equal(guess, new NgramGuesser(longest, shortest).Guess(tokens, count));

    [Theory]
    [InlineData(3, 1, 2)]
    [InlineData(3, 2, 4)]
    [InlineData(16, 1, 3)]
    [InlineData(5, 5, 2)]
    public void A_text_that_grows_is_guessed_as_a_slow_search_does(int longest, int shortest, int vocabulary)
    {
        var random = new Random(17);
        for (var round = 0; round < 8; round++)
        {
            var guesser = new NgramGuesser(longest, shortest);
            List<int> tokens = [random.Next(vocabulary)];
            for (var step = 0; step < 80; step++)
            {
                // Not asked at every token: several may come at once.
                if (random.Next(3) > 0)
                {
                    Assert.Equal(Slow(tokens, longest, shortest, count: 5), guesser.Guess(tokens, 5));
                }

                tokens.Add(random.Next(vocabulary));
            }
        }
    }

    [Fact]
    public void What_lies_far_back_is_forgotten()
    {
        var random = new Random(3);
        List<int> tokens = [1, 2, 3, .. Enumerable.Range(0, NgramGuesser.Window).Select(_ => 100 + random.Next(1000)), 1, 2];

        Assert.Empty(new NgramGuesser(2, 2).Guess(tokens, 1));
        Assert.Equal([3], new NgramGuesser(2, 2).Guess([.. tokens[..100], 1, 2], 1));
    }

    private static int[] Slow(List<int> tokens, int longest, int shortest, int count)
    {
        for (var length = Math.Min(longest, tokens.Count - 1); length >= shortest; length--)
        {
            for (var start = tokens.Count - length - 1; start >= 0; start--)
            {
                if (tokens.Skip(start).Take(length).SequenceEqual(tokens.TakeLast(length)))
                {
                    List<int> text = [.. tokens];
                    for (var at = 0; at < count; at++)
                    {
                        text.Add(text[start + length + at]);
                    }

                    return [.. text.TakeLast(count)];
                }
            }
        }

        return [];
    }
}
