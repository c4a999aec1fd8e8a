namespace GenAiLab.Sampling.Tests;

/// <summary>Draws of each sampler against the distribution of its definition: chi-square over 100,000 positions.</summary>
public sealed class SamplerDistributionTests
{
    private const int Draws = 100_000;
    private static readonly int[] Prompt = [1, 2, 3, 4, 1, 2, 3];
    private static readonly int[] Generated = [5, 5, 1, 2, 3];

    public static TheoryData<string> Samplers => [.. Programs.Keys];

    private static Dictionary<string, SamplingOptions> Programs { get; } = new()
    {
        ["temperature"] = new() { Temperature = 1.7f },
        ["dynamic temperature"] = new() { TemperatureRange = 0.8f, TemperatureExponent = 1.5f },
        ["top-k"] = new() { TopK = 5 },
        ["top-p"] = new() { TopP = 0.7f },
        ["min-p"] = new() { MinP = 0.15f },
        ["typical-p"] = new() { TypicalP = 0.6f },
        ["top-nsigma"] = new() { TopNSigma = 1.2f },
        ["xtc always"] = new() { XtcProbability = 1, XtcThreshold = 0.12f },
        ["repetition penalty"] = new() { RepetitionPenalty = 1.8f },
        ["presence penalty"] = new() { PresencePenalty = 1.1f },
        ["frequency penalty"] = new() { FrequencyPenalty = 0.7f, PenaltyWindow = 4 },
        ["dry"] = new() { Dry = new DryOptions { Multiplier = 0.8f } },
        ["logit bias"] = new() { LogitBias = [new(2, 1.5f), new(4, -2), new(7, -100)] },
        ["banned tokens"] = new() { BannedTokens = [3, 9] },
        ["min tokens"] = new() { MinTokens = 10_000_000 },
        ["mirostat"] = new() { Mirostat = new MirostatOptions { Tau = 2, Mu = 2.9f } },
        ["everything"] = new()
        {
            Temperature = 1.3f,
            RepetitionPenalty = 1.1f,
            FrequencyPenalty = 0.2f,
            Dry = new DryOptions { Multiplier = 0.3f },
            TopNSigma = 2.5f,
            TopK = 10,
            TypicalP = 0.95f,
            TopP = 0.95f,
            MinP = 0.02f,
            LogitBias = [new(6, 0.5f)],
            BannedTokens = [0],
        },
    };

    [Theory]
    [MemberData(nameof(Samplers))]
    public void DrawsFollowTheDefinition(string name)
    {
        var reference = new ReferenceChain
        {
            Logits = RandomLogits.Normal(12, seed: 4, scale: 1.2),
            Options = Programs[name] with { Seed = 17 },
            Prompt = Prompt,
            Generated = Generated,
            EndIds = [1],
        };
        var expected = reference.Probabilities();
        Assert.NotEqual(new ReferenceChain { Logits = reference.Logits, Options = new SamplingOptions() }.Probabilities(), expected);
        AssertDraws(expected, Counts(reference));
    }

    [Fact]
    public void XtcExcludesAsOftenAsItsProbabilitySays()
    {
        var reference = new ReferenceChain
        {
            Logits = RandomLogits.Normal(12, seed: 4, scale: 1.2),
            Options = new SamplingOptions { XtcProbability = 0.3f, XtcThreshold = 0.08f, Seed = 5 },
        };
        var with = (reference with { Options = reference.Options with { XtcProbability = 1 } }).Probabilities();
        var without = (reference with { Options = new SamplingOptions() }).Probabilities();
        Assert.True(with.Zip(without).Count(static pair => pair.First == 0 && pair.Second > 0) > 1);
        AssertDraws([.. with.Zip(without, static (a, b) => (0.3 * a) + (0.7 * b))], Counts(reference));
    }

    [Fact]
    public void MirostatHoldsTheSurpriseThatItAimsAt()
    {
        float[][] distributions = [.. Enumerable.Range(0, 50).Select(static seed => RandomLogits.Normal(2_000, seed, scale: 3))];
        foreach (var tau in new[] { 3f, 4f, 5f })
        {
            const int tokens = 2_000, settled = 300;
            var sampler = new TokenSampler(new SamplingOptions { Seed = 3, Mirostat = new MirostatOptions { Tau = tau } }, 2_000, [], [], 0);
            var surprise = 0.0;
            for (var at = 0; at < tokens; at++)
            {
                // As language is: a few likely tokens and a long tail.
                var logits = distributions[at % distributions.Length];
                var choice = sampler.Sample(logits, 0);
                sampler.Accept(choice);
                surprise += at < settled ? 0 : -choice.RawLogProbability / Math.Log(2);
            }

            Assert.InRange(surprise / (tokens - settled), tau - 0.05, tau + 0.05);
        }
    }

    private static int[] Counts(ReferenceChain reference)
    {
        var sampler = new TokenSampler(
            reference.Options, reference.Logits.Length, reference.EndIds, [.. reference.Prompt, .. reference.Generated], reference.Generated.Length);
        var counts = new int[reference.Logits.Length];
        for (var draw = 0; draw < Draws; draw++)
        {
            sampler.Position = draw;
            counts[sampler.Sample(reference.Logits, 0).TokenId]++;
        }

        return counts;
    }

    private static void AssertDraws(double[] expected, int[] counts)
    {
        var chiSquare = 0.0;
        var cells = 0;
        for (var id = 0; id < expected.Length; id++)
        {
            if (expected[id] == 0)
            {
                Assert.Equal(0, counts[id]);
                continue;
            }

            cells++;
            chiSquare += Math.Pow(counts[id] - (expected[id] * Draws), 2) / (expected[id] * Draws);
        }

        // Degrees of freedom, and five standard deviations of the chi-square distribution above them.
        Assert.InRange(cells, 2, expected.Length);
        Assert.InRange(chiSquare, 0, cells - 1 + (5 * Math.Sqrt(2.0 * (cells - 1))));
    }
}
