namespace GenAiLab.Sampling.Tests;

public sealed class SamplerTests
{
    public static TheoryData<float, int, float, float> Programs => new()
    {
        { 1, 0, 1, 0 }, { 0.7f, 0, 1, 0 }, { 2, 0, 1, 0.05f }, { 1, 0, 0.9f, 0 }, { 1.5f, 0, 0.8f, 0.1f },
        { 1, 8, 1, 0 }, { 0.8f, 10, 0.7f, 0 }, { 3, 12, 0.95f, 0.2f }, { 1, 0, 1e-6f, 0 }, { 1, 0, 1, 1 },
    };

    [Theory]
    [MemberData(nameof(Programs))]
    public void DrawsFollowTheSlowReference(float temperature, int topK, float topP, float minP)
    {
        const int draws = 20_000;
        var logits = RandomLogits.Normal(40, seed: 3, scale: 1.5);
        var options = new SamplingOptions { Temperature = temperature, TopK = topK, TopP = topP, MinP = minP, Seed = 11 };
        var expected = Reference(logits, options);
        var counts = new int[logits.Length];
        for (var position = 0; position < draws; position++)
        {
            var result = Sampler.Sample(logits, options, position, 0);
            counts[result.TokenId]++;
            Assert.Equal(Math.Log(expected[result.TokenId]), result.ProcessedLogProbability, 1e-5);
        }

        double chiSquare = 0;
        var cells = 0;
        for (var id = 0; id < logits.Length; id++)
        {
            if (expected[id] == 0)
            {
                Assert.Equal(0, counts[id]);
                continue;
            }

            cells++;
            chiSquare += Math.Pow(counts[id] - (expected[id] * draws), 2) / (expected[id] * draws);
        }

        // Five standard deviations above the mean of the chi-square distribution.
        Assert.InRange(chiSquare, 0, cells + (5 * Math.Sqrt(2.0 * cells)));
    }

    [Fact]
    public void HeadAndWholeVocabularyGiveTheSameBits()
    {
        var random = new Random(5);
        for (var trial = 0; trial < 500; trial++)
        {
            var logits = trial % 3 == 0 ? RandomLogits.Coarse(500, 7, trial) : RandomLogits.Normal(500, trial);
            if (trial % 5 == 0)
                logits[random.Next(500)] = float.NegativeInfinity;
            var (ids, values) = TopCandidates.Select(logits, 64);
            var head = new CandidateSet(ids, values, (float)Distribution.LogSumExp(logits));
            var options = new SamplingOptions
            {
                Temperature = trial % 4 == 0 ? 0 : 0.1f + (3 * random.NextSingle()),
                TopK = random.Next(1, 65),
                TopP = trial % 2 == 0 ? 1 : 1 - random.NextSingle(),
                MinP = trial % 7 == 0 ? random.NextSingle() / 4 : 0,
                Seed = (ulong)random.NextInt64(),
            };
            var whole = Sampler.Sample(logits, options, trial, 5);
            var top = Sampler.Sample(head, options, trial, 5);
            Assert.Equal(whole with { Alternatives = [] }, top with { Alternatives = [] });
            Assert.Equal(whole.Alternatives, top.Alternatives);
        }
    }

    [Fact]
    public void AHeadThatDoesNotSufficeIsRefused()
    {
        var (ids, values) = TopCandidates.Select([1f, 2f, 3f], 2);
        Assert.Throws<ArgumentException>(() => Sampler.Sample(new CandidateSet(ids, values, 3), new SamplingOptions(), 0, 0));
        Assert.Throws<ArgumentException>(() => Sampler.Sample(new CandidateSet(ids, values, 3), new SamplingOptions { TopK = 3 }, 0, 0));
    }

    [Fact]
    public void GreedyTakesTheLowerIdOfATie()
    {
        float[] logits = [1, 4, 2, 4, 4];
        var result = Sampler.Sample(logits, new SamplingOptions { Temperature = 0 }, 0, 3);
        Assert.Equal((1, 1, 0f), (result.TokenId, result.Rank, result.ProcessedLogProbability));
        Assert.Equal([1, 3, 4], result.Alternatives.Select(a => a.TokenId));
        Assert.Equal([1, 2, 3], result.Alternatives.Select(a => a.Rank));
    }

    [Fact]
    public void RawLogProbabilityAndRankAreOfTheModelsOwnDistribution()
    {
        var logits = RandomLogits.Normal(200, seed: 9);
        var total = logits.Sum(logit => Math.Exp(logit));
        for (var position = 0; position < 200; position++)
        {
            var result = Sampler.Sample(logits, new SamplingOptions { Temperature = 5, TopK = 100, Seed = 1 }, position, 0);
            Assert.Equal(Math.Log(Math.Exp(logits[result.TokenId]) / total), result.RawLogProbability, 1e-5);
            Assert.Equal(1 + logits.Count(logit => logit > logits[result.TokenId]), result.Rank);
        }
    }

    [Fact]
    public void APositionsTokenDependsOnSeedAndPositionOnly()
    {
        var logits = RandomLogits.Normal(1000, seed: 2);
        var options = new SamplingOptions { Seed = 42 };
        int[] Draw(IEnumerable<int> positions) => [.. positions.Select(p => Sampler.Sample(logits, options, p, 0).TokenId)];
        var forwards = Draw(Enumerable.Range(0, 100));
        Assert.Equal(forwards, Draw(Enumerable.Range(0, 100).Reverse()).Reverse());
        options = options with { Seed = 43 };
        Assert.NotEqual(forwards, Draw(Enumerable.Range(0, 100)));
    }

    [Fact]
    public void ANucleusLargerThanTheFirstGuessIsFoundWhole()
    {
        var logits = new float[5000]; // Uniform: the nucleus of 0.9 is the first 4,500 ids.
        var options = new SamplingOptions { TopP = 0.9f, Seed = 3 };
        var highest = Enumerable.Range(0, 1_000).Max(position => Sampler.Sample(logits, options, position, 0).TokenId);
        Assert.InRange(highest, 4_450, 4_500);
    }

    [Fact]
    public void LogitsThatAreNoDistributionAreAFailure()
    {
        float[][] bad = [[], [1, float.NaN, 2], [float.NegativeInfinity, float.NegativeInfinity], [1, float.PositiveInfinity]];
        foreach (var logits in bad)
        {
            Assert.Throws<InvalidLogitsException>(() => Distribution.LogSumExp(logits));
            Assert.Throws<InvalidLogitsException>(() => Sampler.Sample(logits, new SamplingOptions(), 0, 0));
            Assert.Throws<InvalidLogitsException>(() => Sampler.Sample(logits, new SamplingOptions { Temperature = 0 }, 0, 0));
        }

        Assert.Throws<InvalidLogitsException>(() => Sampler.Sample(new CandidateSet([1, 2], [1f, 2f], 3), new SamplingOptions { TopK = 1 }, 0, 0));
        Assert.Throws<InvalidLogitsException>(() => Sampler.Sample(new CandidateSet([1], [float.NaN], 3), new SamplingOptions { TopK = 1 }, 0, 0));
        Assert.Throws<InvalidLogitsException>(() => Sampler.Sample(new CandidateSet([], [], 3), new SamplingOptions { TopK = 1 }, 0, 0));
    }

    [Fact]
    public void LogSumExpHoldsForLargeLogits()
    {
        Assert.Equal(1000 + Math.Log(2), Distribution.LogSumExp([1000, 1000, float.NegativeInfinity]), 1e-9);
        var logits = RandomLogits.Normal(1001, seed: 1);
        Assert.Equal(Math.Log(logits.Sum(logit => Math.Exp(logit))), Distribution.LogSumExp(logits), 1e-9);
    }

    // The definitions, one after the other, on the whole vocabulary.
    private static double[] Reference(float[] logits, SamplingOptions options)
    {
        var ranked = Enumerable.Range(0, logits.Length).OrderByDescending(id => logits[id]).ThenBy(id => id).ToList();
        var p = Softmax(logits, ranked, options.Temperature);
        if (options.TopK > 0)
            ranked = [.. ranked.Take(options.TopK)];
        p = Softmax(logits, ranked, options.Temperature);
        double mass = 0;
        var nucleus = ranked.TakeWhile(id =>
        {
            var before = mass;
            mass += p[id];
            return before < options.TopP;
        }).ToList();
        nucleus = [.. nucleus.Where(id => p[id] >= options.MinP * p[ranked[0]] * (1 - 1e-12))];
        return Softmax(logits, nucleus, options.Temperature);
    }

    private static double[] Softmax(float[] logits, List<int> kept, double temperature)
    {
        var total = kept.Sum(id => Math.Exp(logits[id] / temperature));
        var p = new double[logits.Length];
        foreach (var id in kept)
            p[id] = Math.Exp(logits[id] / temperature) / total;
        return p;
    }
}
