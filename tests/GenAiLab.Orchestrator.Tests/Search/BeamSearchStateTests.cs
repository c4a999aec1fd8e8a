using GenAiLab.Orchestrator.Loop;
using GenAiLab.Orchestrator.Search;

namespace GenAiLab.Orchestrator.Tests.Search;

public sealed class BeamSearchStateTests
{
    private const int End = 0;

    public static TheoryData<int, float> Shapes => new() { { 2, 1f }, { 3, 0f }, { 4, -1.5f }, { 5, 2f } };

    [Theory, MemberData(nameof(Shapes))]
    public void A_beam_as_wide_as_all_there_is_finds_the_best(int vocabulary, float lengthPenalty)
    {
        const int Length = 4;
        var width = (int)Math.Pow(vocabulary, Length);
        for (var seed = 0; seed < 4; seed++)
        {
            var model = Model(vocabulary, seed);
            var expected = All(model, vocabulary, Length, [])
                .Select(text => (Tokens: string.Join(' ', text), Rating: Sum(model, text) / Math.Pow(text.Length, lengthPenalty)))
                .OrderByDescending(static text => text.Rating).Take(3).ToList();

            var found = Search(new BeamSettings(width, lengthPenalty), model, Length).Finished.Take(3).ToList();

            Assert.Equal(expected.Select(static text => text.Tokens), found.Select(Text));
            Assert.Equal(expected.Select(static text => text.Rating), found.Select(static text => text.Rating), Close);
        }
    }

    [Theory, MemberData(nameof(Shapes))]
    public void A_narrow_beam_finds_what_the_obvious_search_finds(int vocabulary, float lengthPenalty)
    {
        for (var seed = 0; seed < 60; seed++)
        {
            var model = Model(vocabulary, seed);
            var settings = new BeamSettings(2 + (seed % 3), lengthPenalty);

            var found = Search(settings, model, maximumLength: 7).Finished;

            Assert.Equal(Slow(model, settings, maximumLength: 7), found.Select(Text));
        }
    }

    [Fact]
    public void Ties_go_to_the_more_probable_parent_and_then_to_the_token_that_comes_first()
    {
        // All tokens are as probable as each other, always.
        Func<IReadOnlyList<int>, IReadOnlyList<ChosenToken>> model = static _ => [.. Enumerable.Range(1, 3).Select(static id => Token(id, MathF.Log(1f / 3)))];

        var found = Search(new BeamSettings(4, 1), model, maximumLength: 3).Finished;

        Assert.Equal(["1 1 1", "1 1 2", "1 1 3", "1 2 1"], found.Select(Text));
    }

    [Fact]
    public void It_ends_as_soon_as_nothing_better_can_come()
    {
        // The end is certain but for a rest: with length penalty 0 no longer text can be better.
        var steps = 0;
        Func<IReadOnlyList<int>, IReadOnlyList<ChosenToken>> model = _ =>
        {
            steps++;
            return [Token(End, MathF.Log(0.9f)), Token(1, MathF.Log(0.06f)), Token(2, MathF.Log(0.04f))];
        };

        var state = Search(new BeamSettings(2, 0), model, maximumLength: 100);

        Assert.True(state.IsOver);
        Assert.Equal(["0", "1 0"], state.Finished.Select(Text));
        Assert.Equal(3, steps);
    }

    [Fact]
    public void A_length_reward_keeps_it_going_to_the_greatest_length()
    {
        Func<IReadOnlyList<int>, IReadOnlyList<ChosenToken>> model = static _ => [Token(End, MathF.Log(0.6f)), Token(1, MathF.Log(0.4f))];

        var state = Search(new BeamSettings(2, 2), model, maximumLength: 6);

        Assert.Equal(6, state.Finished[0].Hypothesis.Length);
    }

    private static BeamSearchState Search(BeamSettings settings, Func<IReadOnlyList<int>, IReadOnlyList<ChosenToken>> model, int maximumLength)
    {
        var state = new BeamSearchState(settings, maximumLength, static hypothesis => hypothesis.Token.Id == End);
        while (!state.IsOver)
        {
            state.Advance([.. state.Live.Select(hypothesis => model([.. hypothesis.Tokens().Select(static token => token.Id)]))]);
        }

        return state;
    }

    // Every list in full, sorted: what the contract says, word by word.
    private static List<string> Slow(Func<IReadOnlyList<int>, IReadOnlyList<ChosenToken>> model, BeamSettings settings, int maximumLength)
    {
        List<(int[] Tokens, double Sum)> live = [([], 0)];
        List<(int[] Tokens, double Rating)> finished = [];
        for (var length = 1; live.Count > 0; length++)
        {
            var next = live.SelectMany((text, parent) => model(text.Tokens).Select((token, rank) => (
                Tokens: (int[])[.. text.Tokens, token.Id], Sum: text.Sum + token.ProcessedLogProbability, Order: (parent, rank))))
                .OrderByDescending(static text => text.Sum).ThenBy(static text => text.Order);
            live = [];
            foreach (var (tokens, sum, _) in next)
            {
                if (live.Count == settings.Width)
                {
                    break;
                }

                if (tokens[^1] == End || length == maximumLength)
                {
                    finished.Add((tokens, sum / Math.Pow(length, settings.LengthPenalty)));
                    // At the greatest length as many as the beam is wide.
                    if (tokens[^1] != End && finished.Count(text => text.Tokens.Length == maximumLength && text.Tokens[^1] != End) == settings.Width)
                    {
                        break;
                    }
                }
                else
                {
                    live.Add((tokens, sum));
                }
            }

            finished = [.. finished.OrderByDescending(static text => text.Rating).Take(settings.Width)];
            // The best that the most probable one can become, tried out for every length.
            if (live.Count > 0 && finished.Count == settings.Width
                && Enumerable.Range(length + 1, maximumLength - length).All(longer => live[0].Sum / Math.Pow(longer, settings.LengthPenalty) <= finished[^1].Rating))
            {
                break;
            }
        }

        return [.. finished.Select(static text => string.Join(' ', text.Tokens))];
    }

    private static IEnumerable<int[]> All(Func<IReadOnlyList<int>, IReadOnlyList<ChosenToken>> model, int vocabulary, int length, int[] begun) =>
        begun.Length > 0 && (begun[^1] == End || begun.Length == length)
            ? [begun]
            : Enumerable.Range(0, vocabulary).SelectMany(id => All(model, vocabulary, length, [.. begun, id]));

    private static double Sum(Func<IReadOnlyList<int>, IReadOnlyList<ChosenToken>> model, int[] tokens) =>
        tokens.Select((id, at) => (double)model(tokens[..at]).Single(token => token.Id == id).ProcessedLogProbability).Sum();

    // Random distributions, which depend on all tokens so far.
    private static Func<IReadOnlyList<int>, IReadOnlyList<ChosenToken>> Model(int vocabulary, int seed) => tokens =>
    {
        var random = new Random(tokens.Aggregate(seed, static (hash, id) => unchecked((hash * 31) + id + 1)));
        var weights = Enumerable.Range(0, vocabulary).Select(_ => random.NextDouble() + 0.01).ToArray();
        return [.. weights.Select((weight, id) => Token(id, (float)Math.Log(weight / weights.Sum()))).OrderByDescending(static token => token.ProcessedLogProbability)];
    };

    private static ChosenToken Token(int id, float logProbability) => new(id, logProbability, logProbability, []);

    private static string Text(FinishedHypothesis finished) => string.Join(' ', finished.Hypothesis.Tokens().Select(static token => token.Id));

    private static bool Close(double expected, double actual) => Math.Abs(expected - actual) < 1e-9;
}
