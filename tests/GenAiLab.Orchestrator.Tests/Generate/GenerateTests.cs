using GenAiLab.Orchestrator.Tests.Fakes;
using GenAiLab.V1;

namespace GenAiLab.Orchestrator.Tests.Generate;

public sealed class GenerateTests
{
    public static TheoryData<LoopMode> Modes => [LoopMode.Pushdown, LoopMode.Step];

    [Theory, MemberData(nameof(Modes))]
    public async Task Events_come_in_order_and_say_what_happened(LoopMode mode)
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = FakeDecoder.Script(FakeVocabulary.Id(" Paris"), FakeVocabulary.Id("."));

        var generation = await lab.GenerateAsync(Greedy("Hi", mode, maxTokens: 2, alternatives: 3));

        Assert.Equal(4, generation.Events.Count);
        Assert.Equal("fake-base", generation.Started.Model);
        Assert.Equal(mode, generation.Started.Mode);
        Assert.Equal(FakeDecoder.ContextLength, generation.Started.ContextLength);
        Assert.Equal(FakeVocabulary.Sha256, generation.Started.Vocabulary.Sha256);
        Assert.Equal(["<|endoftext|>", "H", "i"], generation.Started.Prompt.Select(static token => token.Piece.ToStringUtf8()));
        Assert.Equal([0, 1], generation.Tokens.Select(static token => token.Index));
        Assert.Equal([" Paris", "."], generation.Tokens.Select(static token => token.Piece.ToStringUtf8()));
        Assert.Equal([" Paris", "."], generation.Tokens.Select(static token => token.Text));
        Assert.All(generation.Tokens, static token =>
        {
            Assert.InRange(token.Probability, 0.99f, 1f);
            Assert.Equal(0, token.ProcessedLogProbability);
            Assert.Equal(3, token.Alternatives.Count);
            Assert.Equal(token.TokenId, token.Alternatives[0].TokenId);
            Assert.Equal(token.Piece, token.Alternatives[0].Piece);
            Assert.True(token.Timing.TotalNanoseconds > 0);
        });
        Assert.Equal(FinishReason.MaxTokens, generation.Finished.Reason);
        Assert.Equal((3, 2), (generation.Finished.PromptTokens, generation.Finished.GeneratedTokens));
        Assert.InRange(generation.Finished.TimeToFirstTokenNanoseconds, 1, generation.Finished.TotalNanoseconds);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task A_character_spread_over_tokens_is_shown_when_complete(LoopMode mode)
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = FakeDecoder.Script([.. FakeVocabulary.Bytes("é🐄"), FakeVocabulary.Id((byte)0xC3), FakeVocabulary.EndOfSequence]);

        var generation = await lab.GenerateAsync(Greedy("Hi", mode));

        Assert.Equal(["", "é", "", "", "", "🐄", "", ""], generation.Tokens.Select(static token => token.Text));
        Assert.Equal("\uFFFD", generation.Finished.Text);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task A_stop_sequence_across_tokens_is_not_shown(LoopMode mode)
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = FakeDecoder.Script(FakeVocabulary.Id("Hello"), FakeVocabulary.Id("EN"), FakeVocabulary.Id("D."), FakeVocabulary.Id("x"));
        var request = Greedy("Hi", mode);
        request.Stop.Add(["never", "END"]);

        var generation = await lab.GenerateAsync(request);

        Assert.Equal(["Hello", "", ""], generation.Tokens.Select(static token => token.Text));
        Assert.Equal("Hello", generation.Text);
        Assert.Equal((FinishReason.StopSequence, "END"), (generation.Finished.Reason, generation.Finished.StopSequence));
        Assert.Equal(3, generation.Finished.GeneratedTokens);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task What_only_began_a_stop_sequence_is_shown_in_the_end(LoopMode mode)
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = FakeDecoder.Script(FakeVocabulary.Id("Hello"), FakeVocabulary.Id("EN"));
        var request = Greedy("Hi", mode, maxTokens: 2);
        request.Stop.Add("END");

        var generation = await lab.GenerateAsync(request);

        Assert.Equal("EN", generation.Finished.Text);
        Assert.Equal("HelloEN", generation.Text);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task The_end_of_sequence_token_is_reported_and_is_no_text(LoopMode mode)
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = FakeDecoder.Script(FakeVocabulary.Id("Hello"), FakeVocabulary.EndOfSequence);

        var generation = await lab.GenerateAsync(Greedy("Hi", mode));

        Assert.Equal(FinishReason.EndOfSequence, generation.Finished.Reason);
        Assert.Equal([FakeVocabulary.Id("Hello"), FakeVocabulary.EndOfSequence], generation.Ids);
        Assert.Equal("Hello", generation.Text);
        Assert.Equal(2, generation.Finished.GeneratedTokens);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task A_full_context_ends_the_generation(LoopMode mode)
    {
        await using var lab = await FakeLab.StartAsync();

        var generation = await lab.GenerateAsync(Greedy(new string('p', FakeDecoder.ContextLength - 4), mode));

        Assert.Equal(FinishReason.ContextFull, generation.Finished.Reason);
        Assert.Equal("xxx", generation.Text);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task Logits_that_are_not_numbers_end_the_generation_with_ERROR(LoopMode mode)
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = static (_, generated) =>
            generated.Count < 2 ? FakeDecoder.Always(FakeVocabulary.Id("x"))([], []) : [.. Enumerable.Repeat(float.NaN, FakeVocabulary.Size)];

        var generation = await lab.GenerateAsync(Greedy("Hi", mode));

        Assert.Equal(FinishReason.Error, generation.Finished.Reason);
        Assert.Equal("xx", generation.Text);
    }

    [Theory]
    [InlineData(0f, null, null, null, DistributionForm.Top)]
    [InlineData(1f, null, null, null, DistributionForm.Full)]
    [InlineData(0.7f, 5, null, null, DistributionForm.Top)]
    [InlineData(0.7f, 5, 0.8f, 0.1f, DistributionForm.Top)]
    [InlineData(1.3f, null, 0.9f, null, DistributionForm.Full)]
    [InlineData(1f, null, null, 0.05f, DistributionForm.Full)]
    [InlineData(1f, 1024, null, null, DistributionForm.Top)]
    [InlineData(1f, int.MaxValue, 0.5f, null, DistributionForm.Top)]
    public async Task Both_modes_give_the_same_tokens(float temperature, int? topK, float? topP, float? minP, DistributionForm form)
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = FakeDecoder.Noise();
        for (var seed = 0UL; seed < 8; seed++)
        {
            var request = new GenerateRequest { Text = "Hi", MaxTokens = 12, Alternatives = 4, Sampling = new SamplingProgram { Temperature = temperature, Seed = seed } };
            if (topK is { } k) { request.Sampling.TopK = k; }
            if (topP is { } p) { request.Sampling.TopP = p; }
            if (minP is { } m) { request.Sampling.MinP = m; }

            var pushdown = await lab.GenerateAsync(new GenerateRequest(request) { Mode = LoopMode.Pushdown });
            var step = await lab.GenerateAsync(new GenerateRequest(request) { Mode = LoopMode.Step });

            Assert.True(lab.Decoder.Opened.TryDequeue(out var opened));
            Assert.Equal(form, opened.Form);
            Assert.Equal(12, step.Tokens.Count);
            Assert.Equal(pushdown.Tokens.Select(WithoutTiming), step.Tokens.Select(WithoutTiming));
        }
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task A_seed_is_chosen_when_there_is_none_and_repeats_the_text(LoopMode mode)
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = FakeDecoder.Noise();
        var request = new GenerateRequest { Text = "Hi", Mode = mode, MaxTokens = 12 };

        var first = await lab.GenerateAsync(request);
        var second = await lab.GenerateAsync(request);
        var again = await lab.GenerateAsync(new GenerateRequest(request) { Sampling = new SamplingProgram { Seed = first.Started.Seed } });

        Assert.NotEqual(first.Started.Seed, second.Started.Seed);
        Assert.NotEqual(first.Ids, second.Ids);
        Assert.Equal(first.Ids, again.Ids);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task Token_ids_are_taken_as_they_are(LoopMode mode)
    {
        await using var lab = await FakeLab.StartAsync();
        int[] ids = [FakeVocabulary.Id("Hello"), FakeVocabulary.Id(" world")];

        var generation = await lab.GenerateAsync(
            new GenerateRequest { Tokens = new TokenIds { Ids = { ids } }, Mode = mode, MaxTokens = 1, Sampling = new SamplingProgram { Temperature = 0 } });

        Assert.Equal(ids, generation.Started.Prompt.Select(static token => token.Id));
        Assert.Equal(["Hello", " world"], generation.Started.Prompt.Select(static token => token.Piece.ToStringUtf8()));
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task The_services_may_share_one_process(LoopMode mode)
    {
        await using var lab = await FakeLab.StartInProcessAsync();
        lab.Decoder.Model = FakeDecoder.Script(FakeVocabulary.Id("Hello"), FakeVocabulary.Id(" world"), FakeVocabulary.EndOfSequence);

        var generation = await lab.GenerateAsync(Greedy("Hi", mode));

        Assert.Equal("Hello world", generation.Text);
        Assert.Equal(FinishReason.EndOfSequence, generation.Finished.Reason);
    }

    [Fact]
    public async Task The_pieces_of_a_vocabulary_are_fetched_once()
    {
        await using var lab = await FakeLab.StartAsync();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => lab.GenerateAsync(Greedy("Hi", LoopMode.Pushdown, maxTokens: 3))));

        Assert.Equal(1, lab.Tokenizer.PieceListings);
    }

    [Fact]
    public async Task Models_are_listed_with_their_state()
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Models.Add(FakeDecoder.Describe("broken", ModelState.Failed, "model.onnx is truncated"));

        var listing = await lab.Client.ListModelsAsync(new ListModelsRequest()).ResponseAsync.Patiently();

        Assert.Equal("fake-base", listing.DefaultModel);
        Assert.Equal([("fake-base", ModelState.Ready), ("broken", ModelState.Failed)], listing.Models.Select(static model => (model.Name, model.State)));
        Assert.Equal("model.onnx is truncated", listing.Models[1].Failure);
    }

    private static GenerateRequest Greedy(string text, LoopMode mode, int maxTokens = 40, int alternatives = 0) => new()
    {
        Text = text,
        Mode = mode,
        MaxTokens = maxTokens,
        Alternatives = alternatives,
        Sampling = new SamplingProgram { Temperature = 0 },
    };

    private static GeneratedToken WithoutTiming(GeneratedToken token) => new(token) { Timing = null };
}
