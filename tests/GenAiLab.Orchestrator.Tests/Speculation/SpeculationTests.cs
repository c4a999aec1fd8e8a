using GenAiLab.Orchestrator.Tests.Fakes;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Google.Rpc;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Tests.Speculation;

/// <summary>Speculation through the whole orchestrator: it may change how fast a text comes, and nothing else.</summary>
public sealed class SpeculationTests
{
    private static readonly V1.Speculation Ngram = new() { Ngram = new NgramLookup() };
    private static readonly V1.Speculation Draft = new() { Draft = new DraftModel { Model = "fake-draft" } };

    public static TheoryData<string> Methods => ["ngram", "draft"];

    public static TheoryData<string, string, int> Programs => new()
    {
        { "ngram", """{ "temperature": 0 }""", 4 },
        { "ngram", """{ "temperature": 1 }""", 0 },
        { "ngram", """{ "temperature": 0.7, "topK": 5 }""", 20 },
        { "ngram", """{ "temperature": 1.3, "topP": 0.9 }""", 2 },
        { "ngram", """{ "topK": 1024, "topP": 0.5, "minP": 0.1 }""", 0 },
        { "ngram", """{ "temperature": 0, "repetitionPenalty": 1.2, "penaltyWindow": 6 }""", 3 },
        { "ngram", """{ "temperature": 0.6, "frequencyPenalty": 0.4, "presencePenalty": 0.2, "topK": 9 }""", 0 },
        { "ngram", """{ "temperature": 0.8, "dry": { "multiplier": 0.8, "allowedLength": 3 }, "xtcProbability": 0.3 }""", 2 },
        { "ngram", """{ "temperature": 0.9, "typicalP": 0.9, "topNSigma": 3, "minTokens": 12, "bannedTokens": [7], "logitBias": [{ "tokenId": 9, "bias": 1.5 }] }""", 0 },
        { "draft", """{ "temperature": 0 }""", 0 },
        { "draft", """{ "temperature": 1 }""", 3 },
        { "draft", """{ "temperature": 0.7, "topK": 5, "topP": 0.8 }""", 0 },
        { "draft", """{ "temperature": 0.5, "repetitionPenalty": 1.1, "dry": { "multiplier": 0.5 }, "minTokens": 20 }""", 0 },
    };

    [Theory, MemberData(nameof(Programs))]
    public async Task Tokens_are_those_of_plain_decoding(string method, string program, int alternatives)
    {
        await using var lab = await StartAsync();
        var accepted = 0;
        for (var seed = 0UL; seed < 12; seed++)
        {
            var request = new GenerateRequest { Text = "Hi", MaxTokens = 30, Alternatives = alternatives, Sampling = SamplingProgram.Parser.ParseJson(program) };
            request.Sampling.Seed = seed;

            var plain = await lab.GenerateAsync(request);
            var guessed = await lab.GenerateAsync(With(method, request));

            Same(plain, guessed);
            Assert.Equal(LoopMode.Step, guessed.Started.Mode);
            accepted += guessed.Finished.AcceptedTokens;
        }

        Assert.True(accepted > 0, "a test in which no guess is right says little");
    }

    [Theory, MemberData(nameof(Methods))]
    public async Task What_was_guessed_and_kept_is_counted_and_saves_steps(string method)
    {
        await using var lab = await StartAsync();
        lab.Decoder.Model = lab.Decoder.Draft = Cycle("Hello", " world", ".");
        var before = lab.Decoder.Appended.Count;

        var generation = await lab.GenerateAsync(With(method, Greedy(maxTokens: 41)));

        Assert.Equal(41, generation.Tokens.Count);
        var appends = lab.Decoder.Appended.Skip(before).ToList();
        Assert.Equal(appends.Sum(static append => append.TokenIds.Count - 1), generation.Finished.DraftedTokens);
        // The first token needs no append; every append gives one token, and its guesses that are right.
        Assert.Equal(1 + appends.Count + generation.Finished.AcceptedTokens, generation.Tokens.Count);
        Assert.InRange(appends.Count, 1, 20);
    }

    [Theory, MemberData(nameof(Methods))]
    public async Task Guesses_go_beyond_neither_max_tokens_nor_the_context(string method)
    {
        await using var lab = await StartAsync();
        lab.Decoder.Model = lab.Decoder.Draft = FakeDecoder.Always(FakeVocabulary.Id("x"));
        for (var maxTokens = 1; maxTokens <= 12; maxTokens++)
        {
            lab.Decoder.Appended.Clear();
            var generation = await lab.GenerateAsync(With(method, Greedy(maxTokens)));

            Assert.Equal((maxTokens, FinishReason.MaxTokens), (generation.Tokens.Count, generation.Finished.Reason));
            Assert.InRange(generation.Finished.DraftedTokens, 0, Math.Max(0, maxTokens - 2));
            Assert.Equal(generation.Finished.DraftedTokens, generation.Finished.AcceptedTokens);
        }

        // The decoder checks that nothing goes beyond its context.
        var full = await lab.GenerateAsync(With(method, Greedy(maxTokens: FakeDecoder.ContextLength)));
        Assert.Equal((FakeDecoder.ContextLength - 3, FinishReason.ContextFull), (full.Tokens.Count, full.Finished.Reason));
    }

    [Theory]
    [InlineData("ngram", null)]
    [InlineData("draft", null)]
    [InlineData("ngram", "d.Hello w")]
    [InlineData("draft", "d.Hello w")]
    public async Task A_text_that_ends_in_the_middle_of_guesses_ends_as_it_does_without_them(string method, string? stop)
    {
        await using var lab = await StartAsync();
        var cycle = Cycle("Hello", " world", ".");
        lab.Decoder.Model = (prompt, generated) => prompt.Count + generated.Count == 14
            ? FakeDecoder.Always(FakeVocabulary.EndOfSequence)([], []) : cycle(prompt, generated);
        lab.Decoder.Draft = cycle; // Guesses that the text goes on.
        var request = Greedy(maxTokens: 40);
        if (stop is not null)
        {
            request.Stop.Add(stop);
        }

        var plain = await lab.GenerateAsync(new GenerateRequest(request) { Mode = LoopMode.Step });
        var guessed = await lab.GenerateAsync(With(method, request));

        Same(plain, guessed);
        Assert.Equal(stop is null ? FinishReason.EndOfSequence : FinishReason.StopSequence, guessed.Finished.Reason);
        Assert.True(guessed.Finished.AcceptedTokens > 0);
        await Patience.UntilAsync(() => lab.Decoder.Sessions == 0);
        Assert.False(lab.Decoder.Cancelled.IsCompleted, "the session ends in order");
    }

    [Fact]
    public async Task A_draft_is_asked_with_the_same_draws()
    {
        await using var lab = await StartAsync();
        var request = With("draft", new GenerateRequest { Text = "Hi", MaxTokens = 20, Sampling = new SamplingProgram { Seed = 5, TopK = 7 } });

        var generation = await lab.GenerateAsync(request);

        var prompt = generation.Started.Prompt.Select(static token => token.Id).ToArray();
        Assert.NotEmpty(lab.Decoder.Drafts);
        Assert.All(lab.Decoder.Drafts, draft =>
        {
            Assert.Equal((5UL, 7), (draft.Sampling.Seed, draft.Sampling.TopK));
            Assert.Equal(draft.Prompt.Ids.Count - prompt.Length, draft.FirstPosition);
            Assert.Equal([.. prompt, .. generation.Ids.Take(draft.FirstPosition)], draft.Prompt.Ids);
            Assert.InRange(draft.MaxTokens, 1, 4);
        });
    }

    [Theory]
    [InlineData(StatusCode.Unavailable)]
    [InlineData(StatusCode.Internal)]
    [InlineData(StatusCode.ResourceExhausted)]
    public async Task A_draft_that_fails_costs_the_guesses_and_not_the_text(StatusCode status)
    {
        await using var lab = await StartAsync();
        var request = Greedy(maxTokens: 30);
        var plain = await lab.GenerateAsync(request);
        lab.Decoder.BeforeDraft = _ => throw new RpcException(new Grpc.Core.Status(status, "broken"));

        var guessed = await lab.GenerateAsync(With("draft", request));

        Same(plain, guessed);
        Assert.Equal(0, guessed.Finished.DraftedTokens);
        Assert.InRange(lab.Decoder.Drafts.Count, 1, 3);
    }

    [Fact]
    public async Task A_draft_that_hangs_is_waited_for_once_and_briefly()
    {
        await using var lab = await StartAsync();
        var request = Greedy(maxTokens: 30);
        var plain = await lab.GenerateAsync(request);
        lab.Decoder.BeforeDraft = static cancellation => Task.Delay(Timeout.Infinite, cancellation);

        var guessed = await lab.GenerateAsync(With("draft", request));

        Same(plain, guessed);
        Assert.Single(lab.Decoder.Drafts);
    }

    [Fact]
    public async Task A_draft_of_another_vocabulary_is_refused_and_one_of_the_same_under_another_name_is_not()
    {
        await using var lab = await StartAsync("other");
        var error = await lab.FailsAsync(With("draft", Greedy(maxTokens: 4)));
        Assert.Equal(StatusCode.FailedPrecondition, error.StatusCode);
        Assert.Contains("'fake-draft' has another vocabulary than 'fake-base'", error.Status.Detail);

        lab.Tokenizer.OtherVocabularies["other"] = new VocabularyIdentity { Name = "other", Sha256 = new string('b', 64) };
        Assert.Equal(StatusCode.FailedPrecondition, (await lab.FailsAsync(With("draft", Greedy(maxTokens: 4)))).StatusCode);

        lab.Tokenizer.OtherVocabularies["other"] = FakeVocabulary.Identity;
        Assert.Equal(4, (await lab.GenerateAsync(With("draft", Greedy(maxTokens: 4)))).Tokens.Count);

        var unknown = With("draft", Greedy(maxTokens: 4));
        unknown.Speculation.Draft.Model = "nobody";
        Assert.Equal(StatusCode.NotFound, (await lab.FailsAsync(unknown)).StatusCode);
    }

    [Theory, MemberData(nameof(Methods))]
    public async Task A_stream_with_guesses_outlives_its_decoder_too(string method)
    {
        await using var lab = await FakeLab.StartFleetAsync(2);
        var handedOver = 0;
        foreach (var decoder in lab.Fleet)
        {
            decoder.Models.Add(FakeDecoder.Describe("fake-draft", ModelState.Ready));
            (decoder.Model, decoder.Draft) = (Habitual(), Habitual());
            decoder.BeforeToken = (generated, _) => generated >= 9 && Interlocked.Exchange(ref handedOver, 1) == 0
                ? throw RpcErrors.Leaving("the service is stopping") : Task.CompletedTask;
        }

        // The fleet's view of the models is as old as its last report.
        var reports = lab.Fleet[0].Reports + lab.Fleet[1].Reports;
        await Patience.UntilAsync(() => lab.Fleet[0].Reports + lab.Fleet[1].Reports > reports + 4);
        var request = new GenerateRequest { Text = "Hi", MaxTokens = 30, Sampling = new SamplingProgram { Seed = 11 } };

        var moved = await lab.GenerateAsync(With(method, request));

        Assert.Equal(1, handedOver);
        Same(await lab.GenerateAsync(request), moved);
    }

    [Theory]
    [InlineData("speculation")]
    [InlineData("speculation.ngram.longest")]
    [InlineData("speculation.ngram.shortest")]
    [InlineData("speculation.ngram.tokens")]
    [InlineData("speculation.draft.tokens")]
    [InlineData("speculation.draft.model")]
    public async Task A_speculation_out_of_range_is_named(string field)
    {
        await using var lab = await StartAsync();
        var request = Greedy(maxTokens: 4);
        request.Speculation = field switch
        {
            "speculation" => new V1.Speculation(),
            "speculation.ngram.longest" => new V1.Speculation { Ngram = new NgramLookup { Longest = 17 } },
            "speculation.ngram.shortest" => new V1.Speculation { Ngram = new NgramLookup { Longest = 2, Shortest = 3 } },
            "speculation.ngram.tokens" => new V1.Speculation { Ngram = new NgramLookup { Tokens = 64 } },
            "speculation.draft.tokens" => new V1.Speculation { Draft = new DraftModel { Model = "fake-draft", Tokens = -1 } },
            _ => new V1.Speculation { Draft = new DraftModel() },
        };

        Assert.Equal(field, Violation(await lab.FailsAsync(request)));
    }

    [Theory]
    [InlineData("mode")]
    [InlineData("constraint")]
    [InlineData("guidance")]
    [InlineData("candidates")]
    [InlineData("best_of")]
    [InlineData("mirostat")]
    public async Task What_contradicts_it_is_refused(string what)
    {
        await using var lab = await StartAsync();
        var request = With("ngram", new GenerateRequest { Text = "Hi", MaxTokens = 4, Sampling = new SamplingProgram() });
        switch (what)
        {
            case "mode": request.Mode = LoopMode.Pushdown; break;
            case "constraint": request.Constraint = new Constraint { Regex = "a" }; break;
            case "guidance": request.Guidance = new Guidance { Label = "a", Strength = 1 }; break;
            case "candidates": request.Candidates = 2; break;
            case "best_of": request.BestOf = 2; break;
            default: request.Sampling.Mirostat = new Mirostat(); break;
        }

        Assert.Equal("speculation", Violation(await lab.FailsAsync(request)));
    }

    private static async Task<FakeLab> StartAsync(string? draftVocabulary = null)
    {
        var lab = await FakeLab.StartAsync();
        var draft = FakeDecoder.Describe("fake-draft", ModelState.Ready);
        draft.Vocabulary = draftVocabulary ?? draft.Vocabulary;
        // Whole at once: the orchestrator may list the models at any moment, and believes what it saw for a while.
        lab.Decoder.Models.Add(draft);
        lab.Decoder.Model = Habitual();
        // Like the model, but not quite.
        lab.Decoder.Draft = static (prompt, generated) => [.. Habitual()(prompt, generated).Select(static (logit, id) => logit + (id % 7 == 0 ? 1 : 0))];
        return lab;
    }

    // Depends on the last token alone and prefers a few: its texts repeat themselves, and not only themselves.
    private static Model Habitual() => static (prompt, generated) =>
    {
        var last = generated.Count > 0 ? generated[^1] : prompt[^1];
        var random = new Random(last % 5);
        var logits = new float[FakeVocabulary.Size];
        for (var id = 0; id < logits.Length; id++)
        {
            logits[id] = (float)random.NextDouble() * (id % 50 == 7 ? 12 : 4);
        }

        logits[FakeVocabulary.EndOfSequence] = -20;
        return logits;
    };

    private static Model Cycle(params string[] words) => (prompt, generated) =>
        FakeDecoder.Always(FakeVocabulary.Id(words[(prompt.Count + generated.Count) % words.Length]))([], []);

    private static GenerateRequest With(string method, GenerateRequest request) =>
        new(request) { Speculation = method == "ngram" ? Ngram.Clone() : Draft.Clone() };

    private static GenerateRequest Greedy(int maxTokens) => new() { Text = "Hi", MaxTokens = maxTokens, Sampling = new SamplingProgram { Temperature = 0 } };

    private static void Same(Generation plain, Generation guessed)
    {
        Assert.Equal(plain.Tokens.Select(WithoutTiming), guessed.Tokens.Select(WithoutTiming));
        Assert.Equal((plain.Text, plain.Finished.Reason, plain.Finished.StopSequence), (guessed.Text, guessed.Finished.Reason, guessed.Finished.StopSequence));
    }

    private static string Violation(RpcException error)
    {
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        return Assert.Single(error.GetRpcStatus()!.GetDetail<BadRequest>()!.FieldViolations).Field;
    }

    private static GeneratedToken WithoutTiming(GeneratedToken token) => new(token) { Timing = null };
}
