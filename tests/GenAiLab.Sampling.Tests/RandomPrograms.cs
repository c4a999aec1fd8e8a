namespace GenAiLab.Sampling.Tests;

/// <summary>Valid programs, with each sampler in about half of them.</summary>
internal static class RandomPrograms
{
    public static SamplingOptions Next(Random random, int vocabulary)
    {
        var options = new SamplingOptions
        {
            Seed = (ulong)random.NextInt64(),
            Temperature = random.Next(6) == 0 ? 0 : Coin() ? 1 : 0.2f + (2 * random.NextSingle()),
            TopK = Coin() ? 0 : random.Next(1, vocabulary + 1),
            TopP = Coin() ? 1 : 0.05f + (0.95f * random.NextSingle()),
            MinP = Coin() ? 0 : random.NextSingle() / 3,
            TypicalP = Coin() ? 1 : 0.1f + (0.9f * random.NextSingle()),
            TopNSigma = Coin() ? null : 0.2f + (3 * random.NextSingle()),
            XtcProbability = Coin() ? 0 : random.NextSingle(),
            RepetitionPenalty = Coin() ? 1 : 0.7f + random.NextSingle(),
            PresencePenalty = Coin() ? 0 : (4 * random.NextSingle()) - 2,
            FrequencyPenalty = Coin() ? 0 : (2 * random.NextSingle()) - 1,
            PenaltyWindow = Coin() ? null : random.Next(1, 40),
            BannedTokens = Coin() ? [] : [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => random.Next(vocabulary / 2))],
            MinTokens = Coin() ? 0 : random.Next(20),
            LogitBias = Coin() ? [] :
            [
                .. Enumerable.Range(0, random.Next(1, 4)).Select(_ => random.Next(vocabulary / 2, vocabulary)).Distinct()
                    .Select(id => new TokenBias(id, random.Next(5) == 0 ? -100 : (6 * random.NextSingle()) - 3)),
            ],
            Dry = Coin() ? null : new DryOptions
            {
                Multiplier = 2 * random.NextSingle(),
                Base = 1 + random.NextSingle(),
                AllowedLength = random.Next(1, 4),
                Window = Coin() ? null : random.Next(1, 40),
                SequenceBreakers = Coin() ? [] : [random.Next(vocabulary), random.Next(vocabulary)],
            },
        };
        if (options.XtcProbability > 0)
            options = options with { XtcThreshold = Coin() ? null : 0.5f * (1 - random.NextSingle()) };
        if (options.Temperature > 0 && Coin())
            options = options with { TemperatureRange = random.NextSingle(), TemperatureExponent = Coin() ? null : 0.3f + (2 * random.NextSingle()) };
        if (options.Temperature > 0 && random.Next(5) == 0)
        {
            options = options with
            {
                TopK = 0,
                TopP = 1,
                MinP = 0,
                TypicalP = 1,
                TopNSigma = null,
                XtcProbability = 0,
                XtcThreshold = null,
                Mirostat = new MirostatOptions { Tau = 1 + (4 * random.NextSingle()), Eta = random.NextSingle(), Mu = Coin() ? null : 8 * random.NextSingle() },
            };
        }

        if (!Coin())
        {
            SamplingStep[] order = [.. SamplingOptions.DefaultOrder];
            random.Shuffle(order);
            options = options with { Order = order };
        }

        Assert.Empty(options.Validate());
        Assert.Empty(options.ValidateFor(vocabulary, null, []));
        return options;

        bool Coin() => random.Next(2) == 0;
    }

    /// <summary>A text of few tokens, so that it repeats itself.</summary>
    public static int[] Text(Random random, int vocabulary, int length) =>
        [.. Enumerable.Range(0, length).Select(_ => random.Next(3) > 0 ? random.Next(Math.Min(3, vocabulary)) : random.Next(vocabulary))];
}
