using GenAiLab.Orchestrator.Tests.Fakes;
using GenAiLab.V1;

namespace GenAiLab.Orchestrator.Tests.Speculation;

/// <summary>Whether texts that were drawn with guesses have the distribution that the model says.</summary>
public sealed class SpeculationDistributionTests
{
    private const int Words = 4;
    private const int Texts = 2_500;
    private const int Length = 41;

    // Which word follows which: strong habits, so that guesses are often right and often wrong.
    private static readonly double[][] Transitions = [[0.70, 0.15, 0.10, 0.05], [0.05, 0.05, 0.80, 0.10], [0.30, 0.30, 0.20, 0.20], [0.10, 0.60, 0.10, 0.20]];

    [Theory]
    [InlineData("ngram")]
    [InlineData("draft")]
    public async Task A_hundred_thousand_tokens_have_the_models_distribution(string method)
    {
        await using var lab = await FakeLab.StartInProcessAsync();
        lab.Decoder.Models.Add(FakeDecoder.Describe("fake-draft", ModelState.Ready));
        lab.Decoder.Model = Chain(static (word, next) => Transitions[word][next]);
        lab.Decoder.Draft = Chain(static (word, next) => (Transitions[word][next] + 0.25) / 2);
        var seen = new long[Words, Words];
        var (drafted, accepted) = (0L, 0L);
        var gate = new Lock();

        await Parallel.ForAsync(0, Texts, TestContext.Current.CancellationToken, async (text, _) =>
        {
            var request = new GenerateRequest
            {
                Tokens = new TokenIds { Ids = { 1 } },
                MaxTokens = Length,
                Sampling = new SamplingProgram { Seed = (ulong)text, TopK = Words },
                Speculation = method == "ngram"
                    ? new V1.Speculation { Ngram = new NgramLookup { Tokens = 4 } }
                    : new V1.Speculation { Draft = new DraftModel { Model = "fake-draft" } },
            };
            var generation = await lab.GenerateAsync(request);
            lock (gate)
            {
                drafted += generation.Finished.DraftedTokens;
                accepted += generation.Finished.AcceptedTokens;
                foreach (var (word, next) in generation.Ids.Zip(generation.Ids.Skip(1)))
                {
                    seen[word - 1, next - 1]++;
                }
            }
        });

        Assert.Equal(Texts * (Length - 1), seen.Cast<long>().Sum());
        Assert.InRange(accepted, drafted * 0.2, drafted * 0.95);
        // Degrees of freedom: 3 for each of 4 words. The 99.9 % point is 32.9.
        Assert.InRange(ChiSquare(seen), 0, 32.9);
    }

    private static double ChiSquare(long[,] seen)
    {
        var sum = 0.0;
        for (var word = 0; word < Words; word++)
        {
            var times = Enumerable.Range(0, Words).Sum(next => seen[word, next]);
            for (var next = 0; next < Words; next++)
            {
                var expected = times * Transitions[word][next];
                sum += Math.Pow(seen[word, next] - expected, 2) / expected;
            }
        }

        return sum;
    }

    // Tokens 1 to 4; the others never come.
    private static Model Chain(Func<int, int, double> probability)
    {
        var rows = Enumerable.Range(0, Words).Select(word =>
        {
            var logits = new float[FakeVocabulary.Size];
            Array.Fill(logits, -60f);
            for (var next = 0; next < Words; next++)
            {
                logits[1 + next] = (float)Math.Log(probability(word, next));
            }

            return logits;
        }).ToArray();
        return (prompt, generated) => rows[(generated.Count > 0 ? generated[^1] : prompt[^1]) - 1];
    }
}
