using GenAiLab.Orchestrator.Tests.Fakes;
using GenAiLab.V1;
using Google.Protobuf;

namespace GenAiLab.Orchestrator.Tests.Generate;

/// <summary>Every sampler in both loop modes, and over the loss of a decoder.</summary>
public sealed class SamplingTests
{
    // In the contract's own JSON, with the form of distribution that step mode needs.
    private static readonly Dictionary<string, (string Program, DistributionForm Form)> Programs = new()
    {
        ["dynamic temperature"] = ("""{ "temperatureRange": 0.7, "temperatureExponent": 2 }""", DistributionForm.Full),
        ["typical-p"] = ("""{ "typicalP": 0.7 }""", DistributionForm.Full),
        ["top-nsigma"] = ("""{ "topNSigma": 1.5, "temperature": 2 }""", DistributionForm.Full),
        ["xtc"] = ("""{ "xtcProbability": 0.5, "xtcThreshold": 0.05 }""", DistributionForm.Full),
        ["penalties"] = ("""{ "repetitionPenalty": 1.2, "presencePenalty": 0.5, "frequencyPenalty": 0.4, "penaltyWindow": 6 }""", DistributionForm.Full),
        ["penalties that raise"] = ("""{ "frequencyPenalty": -0.5, "topK": 5 }""", DistributionForm.Full),
        ["penalties, greedy"] = ("""{ "temperature": 0, "repetitionPenalty": 1.5, "frequencyPenalty": 1 }""", DistributionForm.Top),
        ["dry and top-k"] = ("""{ "dry": { "multiplier": 2, "allowedLength": 1 }, "topK": 4 }""", DistributionForm.Top),
        ["biases"] = ("""{ "logitBias": [{ "tokenId": 5, "bias": 4 }, { "tokenId": 6, "bias": -100 }], "bannedTokens": [7, 8] }""", DistributionForm.Full),
        ["bans, greedy"] = ("""{ "temperature": 0, "logitBias": [{ "tokenId": 6, "bias": -3 }], "bannedTokens": [7, 8] }""", DistributionForm.Top),
        ["min tokens"] = ("""{ "minTokens": 9, "topK": 3 }""", DistributionForm.Top),
        ["mirostat"] = ("""{ "mirostat": { "tau": 2, "eta": 0.4 } }""", DistributionForm.Full),
        ["another order"] = ("""{ "order": ["SAMPLER_STEP_TOP_K", "SAMPLER_STEP_TEMPERATURE", "SAMPLER_STEP_PENALTIES"], "topK": 9, "temperature": 2, "presencePenalty": 1 }""", DistributionForm.Top),
        ["everything"] = (
            """
            { "temperature": 1.4, "temperatureRange": 0.3, "repetitionPenalty": 1.1, "presencePenalty": 0.2, "frequencyPenalty": 0.1, "dry": { "multiplier": 0.5 },
              "topNSigma": 3, "topK": 12, "typicalP": 0.95, "topP": 0.95, "minP": 0.01, "xtcProbability": 0.3, "logitBias": [{ "tokenId": 5, "bias": 1 }],
              "bannedTokens": [7], "minTokens": 4 }
            """, DistributionForm.Full),
    };

    public static TheoryData<string> Names => [.. Programs.Keys];

    public static TheoryData<string, LoopMode> Resumed => new(
        from name in new[] { "mirostat", "penalties", "dry and top-k", "xtc", "everything" }
        from mode in new[] { LoopMode.Pushdown, LoopMode.Step }
        select (name, mode));

    [Theory, MemberData(nameof(Names))]
    public async Task Both_modes_give_the_same_tokens_and_probabilities(string name)
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = FewTokens;
        var texts = new HashSet<string>();
        for (var seed = 0UL; seed < 6; seed++)
        {
            var pushdown = await lab.GenerateAsync(Request(name, seed, LoopMode.Pushdown));
            var step = await lab.GenerateAsync(Request(name, seed, LoopMode.Step));

            Assert.True(lab.Decoder.Opened.TryDequeue(out var opened));
            Assert.Equal(Programs[name].Form, opened.Form);
            Assert.Equal(24, step.Tokens.Count);
            Assert.Equal(pushdown.Tokens.Select(WithoutTiming), step.Tokens.Select(WithoutTiming));
            Assert.Contains(step.Tokens[^1].Alternatives, static alternative => alternative.HasProcessedLogProbability);
            texts.Add(step.Text);
            // The program changes something.
            var plain = await lab.GenerateAsync(new GenerateRequest(Request(name, seed, LoopMode.Pushdown)) { Sampling = new SamplingProgram { Seed = seed } });
            Assert.NotEqual(plain.Ids, step.Ids);
        }

        Assert.InRange(texts.Count, name.EndsWith("greedy", StringComparison.Ordinal) ? 1 : 3, 6);
    }

    [Theory, MemberData(nameof(Resumed))]
    public async Task A_generation_whose_decoder_dies_goes_on_with_the_same_tokens(string name, LoopMode mode)
    {
        await using var lab = await FakeLab.StartFleetAsync(2);
        foreach (var decoder in lab.Fleet)
        {
            decoder.Model = FewTokens;
        }

        var calm = await lab.GenerateAsync(Request(name, seed: 3, mode));
        var held = new TaskCompletionSource<FakeDecoder>(TaskCreationOptions.RunContinuationsAsynchronously);
        foreach (var decoder in lab.Fleet)
        {
            decoder.BeforeToken = (generated, cancellation) =>
                generated == 7 && held.TrySetResult(decoder) ? Task.Delay(Timeout.Infinite, cancellation) : Task.CompletedTask;
        }

        var generating = lab.GenerateAsync(Request(name, seed: 3, mode));
        await lab.StopDecoderAsync(await held.Task.Patiently());
        var disturbed = await generating;

        // None where the decoder died before its first token had arrived.
        Assert.InRange(disturbed.Finished.Resumes, 0, 1);
        Assert.Equal(calm.Tokens.Select(WithoutTiming), disturbed.Tokens.Select(WithoutTiming));
    }

    [Fact]
    public async Task Sequence_breakers_are_the_tokens_that_hold_the_strings()
    {
        await using var lab = await FakeLab.StartAsync();
        var request = new GenerateRequest { Text = "Hi", MaxTokens = 1, Sampling = new SamplingProgram { Dry = new DryPenalty { Multiplier = 1 } } };

        Assert.Equal(FakeVocabulary.Bytes("\n\"*:").Order(), await BreakersAsync(lab, request));
        int[] holding = [FakeVocabulary.Id((byte)'D'), FakeVocabulary.Id("END"), FakeVocabulary.Id("EN"), FakeVocabulary.Id("D.")];
        Assert.Equal(holding, await BreakersAsync(lab, new GenerateRequest(request) { DrySequenceBreakers = { "EN", "D" } }));
        request.Sampling.Dry.SequenceBreakerIds.Add(3);
        Assert.Equal(3, Assert.Single(await BreakersAsync(lab, request)));
        request.DrySequenceBreakers.Add("x");
        int[] both = [3, FakeVocabulary.Id((byte)'x'), FakeVocabulary.Id("x")];
        Assert.Equal(both.Distinct(), (await BreakersAsync(lab, request)).Distinct());
    }

    private static async Task<int[]> BreakersAsync(FakeLab lab, GenerateRequest request)
    {
        lab.Decoder.Pushed.Clear();
        await lab.GenerateAsync(request);
        return [.. Assert.Single(lab.Decoder.Pushed).Sampling.Dry.SequenceBreakerIds];
    }

    // So few likely tokens that a text repeats itself.
    private static float[] FewTokens(IReadOnlyList<int> prompt, IReadOnlyList<int> generated)
    {
        var logits = FakeDecoder.Noise()(prompt, generated);
        for (var id = 0; id < logits.Length; id++)
        {
            logits[id] = id is > 3 and < 12 ? logits[id] / 3 : (logits[id] / 8) - 3;
        }

        return logits;
    }

    private static GenerateRequest Request(string name, ulong seed, LoopMode mode)
    {
        var request = new GenerateRequest
        {
            Text = "Hi",
            MaxTokens = 24,
            Alternatives = 8,
            Mode = mode,
            Sampling = JsonParser.Default.Parse<SamplingProgram>(Programs[name].Program),
        };
        request.Sampling.Seed = seed;
        return request;
    }

    private static GeneratedToken WithoutTiming(GeneratedToken token) => new(token) { Timing = null };
}
