namespace GenAiLab.Sampling.Tests;

public sealed class TokenSamplerTests
{
    private const int Vocabulary = 40;

    [Fact]
    public void EveryProgramInEveryOrderGivesTheDistributionOfTheDefinitions()
    {
        for (var trial = 0; trial < 4_000; trial++)
        {
            var random = new Random(trial);
            var reference = Situation(random);
            var expected = reference.Probabilities();
            var result = Sampler(reference).Sample(reference.Logits, Vocabulary, Mask(reference));
            AssertDistribution(trial, expected, result);
        }
    }

    [Fact]
    public void ASamplerMadeFromTheTokensSoFarContinuesAsTheOldOne()
    {
        for (var trial = 0; trial < 300; trial++)
        {
            var random = new Random(trial);
            var options = RandomPrograms.Next(random, Vocabulary);
            var prompt = RandomPrograms.Text(random, Vocabulary, random.Next(1, 20));
            var whole = new TokenSampler(options, Vocabulary, [0], prompt, 0);
            List<int> tokens = [.. prompt];
            TokenSampler? resumed = null;
            var cut = random.Next(1, 30);
            for (var position = 0; position < 40; position++)
            {
                var logits = RandomLogits.Normal(Vocabulary, (trial * 100) + position);
                if (position == cut)
                {
                    var continued = options.Mirostat is { } mirostat ? options with { Mirostat = mirostat with { Mu = whole.MirostatMu } } : options;
                    resumed = new TokenSampler(continued, Vocabulary, [0], tokens.ToArray(), position);
                }

                var choice = whole.Sample(logits, 3);
                if (resumed is not null)
                {
                    var other = resumed.Sample(logits, 3);
                    Assert.Equal(choice with { Alternatives = [] }, other with { Alternatives = [] });
                    Assert.Equal(choice.Alternatives, other.Alternatives);
                    resumed.Accept(other);
                }

                // Choosing once more changes nothing.
                Assert.Equal(choice.TokenId, whole.Sample(logits, 0).TokenId);
                whole.Accept(choice);
                tokens.Add(choice.TokenId);
            }
        }
    }

    [Fact]
    public void AHeadThatSufficesGivesTheBitsOfTheWhole()
    {
        var (sufficed, promised) = (0, 0);
        for (var trial = 0; trial < 4_000; trial++)
        {
            var random = new Random(trial);
            var reference = Situation(random, alwaysAll: true);
            if (trial % 3 == 0)
                reference = reference with { Logits = RandomLogits.Coarse(Vocabulary, 7, trial) };
            var sampler = Sampler(reference);
            var head = random.Next(1, Vocabulary + 1);
            var (ids, values) = TopCandidates.Select(reference.Logits, head);
            var candidates = new CandidateSet(ids, values, (float)Distribution.LogSumExp(reference.Logits));
            var suffices = sampler.TrySample(candidates, 5, out var top);
            if (sampler.HeadLength(reference.Prompt.Length + reference.Generated.Length) is { } needed && needed <= head)
            {
                Assert.True(suffices, $"trial {trial}");
                promised++;
            }

            if (!suffices)
                continue;
            sufficed++;
            AssertSame(sampler.Sample(reference.Logits, Math.Min(5, head)), top);
        }

        Assert.InRange(promised, 40, sufficed);
    }

    [Fact]
    public void CandidatesThatAreAllThereIsAreAsGoodAsAMask()
    {
        for (var trial = 0; trial < 1_000; trial++)
        {
            var random = new Random(trial);
            var reference = Situation(random);
            var sampler = Sampler(reference);
            int[] allowed = [.. Enumerable.Range(0, Vocabulary).Where(reference.Allowed).OrderByDescending(id => reference.Logits[id])];
            var candidates = new CandidateSet(allowed, Array.ConvertAll(allowed, id => reference.Logits[id]), (float)Distribution.LogSumExp(reference.Logits))
            {
                IsWhole = true,
            };
            var masked = sampler.Sample(reference.Logits, 0, Mask(reference) ?? AllowAll());
            Assert.Equal(masked with { Rank = 0, Alternatives = [] }, sampler.Sample(candidates, 0) with { Rank = 0, Alternatives = [] });
        }
    }

    [Fact]
    public void AdjustmentsCountForTheChoiceAndNotForTheModelsOwnProbability()
    {
        float[] logits = [3, 2, 1];
        var candidates = new CandidateSet([0, 1, 2], logits, (float)Distribution.LogSumExp(logits)) { IsWhole = true, Adjustments = [0, 0, 5] };
        var result = new TokenSampler(new SamplingOptions { Temperature = 0 }, 100, [], [], 0).Sample(candidates, 3);
        Assert.Equal((2, 3), (result.TokenId, result.Rank));
        Assert.Equal(1 - Distribution.LogSumExp(logits), result.RawLogProbability, 1e-6);
    }

    [Fact]
    public void AProgramThatLeavesNoTokenSaysSo()
    {
        var options = new SamplingOptions { BannedTokens = [1] };
        var sampler = new TokenSampler(options, 3, [], [], 0);
        Assert.Throws<NoTokenLeftException>(() => sampler.Sample(new float[] { 1, 2, 3 }, 0, new TokenMask(new byte[] { 0b010 })));
        Assert.Equal(2, sampler.Sample(new float[] { 1, 2, 3 }, 0, new TokenMask(new byte[] { 0b110 })).TokenId);
    }

    private static ReferenceChain Situation(Random random, bool alwaysAll = false)
    {
        var allowed = alwaysAll || random.Next(2) == 0 ? null : Enumerable.Range(0, Vocabulary).Where(_ => random.Next(3) > 0).Append(Vocabulary - 1).ToHashSet();
        var options = RandomPrograms.Next(random, Vocabulary);
        // Something is always left.
        options = options with { LogitBias = [.. options.LogitBias.Where(static entry => entry.TokenId < Vocabulary - 1)] };
        return new ReferenceChain
        {
            Logits = RandomLogits.Normal(Vocabulary, random.Next(), scale: random.Next(3) == 0 ? 5 : 1.5),
            Options = options,
            Prompt = RandomPrograms.Text(random, Vocabulary, random.Next(0, 30)),
            Generated = RandomPrograms.Text(random, Vocabulary, random.Next(0, 30)),
            EndIds = [0, 5],
            Allowed = allowed is null ? static _ => true : allowed.Contains,
        };
    }

    private static TokenSampler Sampler(ReferenceChain reference) =>
        new(reference.Options, Vocabulary, reference.EndIds, [.. reference.Prompt, .. reference.Generated], reference.Generated.Length);

    private static TokenMask? Mask(ReferenceChain reference)
    {
        var bits = new byte[TokenMask.Length(Vocabulary)];
        for (var id = 0; id < Vocabulary; id++)
            bits[id / 8] |= (byte)(reference.Allowed(id) ? 1 << (id % 8) : 0);
        return bits.Sum(static part => int.PopCount(part)) == Vocabulary ? null : new TokenMask(bits);
    }

    private static TokenMask AllowAll() => new(Enumerable.Repeat((byte)255, TokenMask.Length(Vocabulary)).ToArray());

    private static void AssertDistribution(int trial, double[] expected, SampleResult result)
    {
        Assert.Equal(expected.Length, result.Alternatives.Count);
        foreach (var alternative in result.Alternatives)
        {
            var p = alternative.ProcessedLogProbability is { } processed ? Math.Exp(processed) : 0;
            Assert.True(Math.Abs(expected[alternative.TokenId] - p) < 2e-5, $"trial {trial}, token {alternative.TokenId}: {p} instead of {expected[alternative.TokenId]}");
        }

        Assert.True(expected[result.TokenId] > 0);
        Assert.Equal(result.Alternatives.Single(alternative => alternative.TokenId == result.TokenId).ProcessedLogProbability, result.ProcessedLogProbability);
    }

    private static void AssertSame(SampleResult expected, SampleResult actual)
    {
        Assert.Equal(expected with { Alternatives = [] }, actual with { Alternatives = [] });
        Assert.Equal(expected.Alternatives, actual.Alternatives);
    }
}
