using GenAiLab.Models.Llama;
using GenAiLab.Training.Optimization;
using GenAiLab.Training.Rlhf;
using GenAiLab.Training.Serving;

namespace GenAiLab.Training.Tests.Rlhf;

/// <summary>Answers are drawn from the distribution that is served, for each prompt as if it were alone.</summary>
public sealed class RolloutsTests
{
    private const int End = 3;
    private static readonly int[][] Prompts = [.. new[] { 5, 30, 11, 17, 30, 2 }.Select(static (length, row) => Enumerable.Range(0, length).Select(at => 4 + (((at * 7) + (row * 31)) % 300)).ToArray())];

    [Fact]
    public void Greedy_answers_and_their_log_probabilities_are_those_of_the_serving_graph()
    {
        var model = TinyChat.Model();
        using var folder = new TemporaryFolder();
        DecoderFolder.Write(folder.Path, model.Config, model.Weights, 0, End, 0);
        using var served = new ServedDecoder(folder.Path);

        // Fewer rows than prompts: two batches, the second not full.
        var answers = Draw(model, rows: 4, temperature: 0);

        Assert.Equal(Prompts.Length, answers.Count);
        foreach (var (prompt, answer) in Prompts.Zip(answers))
        {
            Assert.True(answer.Ended || answer.Tokens.Length == 16);
            for (var at = 0; at < answer.Tokens.Length; at++)
            {
                int[] before = [.. prompt, .. answer.Tokens[..at]];
                var logits = served.Logits([before]).AsSpan((before.Length - 1) * served.VocabularySize).ToArray();
                var normaliser = Math.Log(logits.Sum(static logit => Math.Exp(logit)));
                Assert.Equal(logits.Max() - normaliser, answer.LogProbabilities[at], 1e-3);
                Assert.Equal(logits[answer.Tokens[at]], logits.Max(), 1e-4f);
                Assert.Equal(-logits.Sum(logit => Math.Exp(logit - normaliser) * (logit - normaliser)), answer.Entropies[at], 1e-3);
            }
        }
    }

    [Fact]
    public void A_draw_depends_on_its_seed_and_on_no_neighbour()
    {
        var model = TinyChat.Model();
        var together = Draw(model, rows: 6, temperature: 1).Select(static answer => answer.Tokens).ToList();

        Assert.Equal(together, Draw(model, rows: 2, temperature: 1).Select(static answer => answer.Tokens));
        Assert.NotEqual(together, Draw(model, rows: 6, temperature: 1, seed: 9).Select(static answer => answer.Tokens));
    }

    [Theory]
    [InlineData(1f)]
    [InlineData(0.5f)]
    public void Tokens_are_drawn_as_often_as_they_are_probable(float temperature)
    {
        const int draws = 4_000;
        var model = TinyChat.Model();
        using var folder = new TemporaryFolder();
        DecoderFolder.Write(folder.Path, model.Config, model.Weights, 0, End, 0);
        using var served = new ServedDecoder(folder.Path);
        var logits = served.Logits([Prompts[0]]).AsSpan((Prompts[0].Length - 1) * served.VocabularySize).ToArray();
        var total = logits.Sum(logit => Math.Exp(logit / temperature));

        using var rollouts = new Rollouts(model.Config, 500, 8, End, 2);
        var drawn = rollouts.Generate(Flat(model), [.. Enumerable.Repeat(Prompts[0], draws)], 1, temperature, static row => (ulong)row, TestContext.Current.CancellationToken)
            .CountBy(static answer => answer.Tokens[0]).ToDictionary();

        foreach (var token in Enumerable.Range(0, logits.Length).OrderByDescending(at => logits[at]).Take(20))
        {
            var probability = Math.Exp(logits[token] / temperature) / total;
            var deviation = Math.Sqrt(draws * probability * (1 - probability));
            Assert.InRange(drawn.GetValueOrDefault(token), (draws * probability) - (4.5 * deviation), (draws * probability) + (4.5 * deviation));
        }
    }

    [Fact]
    public void The_end_token_ends_an_answer_and_what_does_not_fit_is_refused()
    {
        var model = TinyChat.Model();
        var greedy = Draw(model, rows: 6, temperature: 0);
        var ends = greedy[0].Tokens[3];
        using var rollouts = new Rollouts(model.Config, 6, 64, ends, 2);
        var answer = rollouts.Generate(Flat(model), Prompts, 16, 0, static _ => 0, TestContext.Current.CancellationToken)[0];
        Assert.Equal(greedy[0].Tokens[..(Array.IndexOf(greedy[0].Tokens, ends) + 1)], answer.Tokens);
        Assert.True(answer.Ended);

        Assert.Throws<ArgumentException>(() => rollouts.Generate(Flat(model), Prompts, 40, 0, static _ => 0, TestContext.Current.CancellationToken));
    }

    private static IReadOnlyList<Rollout> Draw(LlamaWeights model, int rows, float temperature, ulong seed = 1)
    {
        using var rollouts = new Rollouts(model.Config, rows, 64, End, 2);
        return rollouts.Generate(Flat(model), Prompts, 16, temperature, row => (seed << 20) + (ulong)row, TestContext.Current.CancellationToken);
    }

    private static float[] Flat(LlamaWeights model) => FlatParameters.Pack(model.Weights, FlatParameters.Of(model.Config));
}
