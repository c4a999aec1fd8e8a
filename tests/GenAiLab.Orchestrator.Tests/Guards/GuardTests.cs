using GenAiLab.Orchestrator.Tests.Fakes;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Tests.Guards;

public sealed class GuardTests
{
    public static TheoryData<LoopMode> Modes => [LoopMode.Pushdown, LoopMode.Step];

    [Theory, MemberData(nameof(Modes))]
    public async Task A_text_that_is_refused_is_not_shown(LoopMode mode)
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = Says("0123456789 bomb and more");

        var generation = await lab.GenerateAsync(Guarded(output: true, interval: 5, mode: mode));

        // Tokens 10 to 14 hold the word: they are checked after the 15th, and none of them is seen.
        Assert.Equal("0123456789", generation.Text);
        Assert.Equal(10, generation.Tokens.Count);
        Assert.Equal((FinishReason.Guard, "harmful", false, 15), Finish(generation));
        Assert.Equal(["01234", "0123456789", "0123456789 bomb"], lab.Classifier.Texts);
        await Patience.UntilAsync(() => lab.Decoder.Sessions == 0);
    }

    [Fact]
    public async Task What_passes_is_the_text_that_it_would_be_without_a_guard()
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = Says("harmless END of it");
        var request = Guarded(output: true, interval: 4);
        request.Stop.Add("END");

        var guarded = await lab.GenerateAsync(request);
        request.Guard = null;
        var plain = await lab.GenerateAsync(request);

        Assert.Equal(plain.Text, guarded.Text);
        Assert.Equal(plain.Ids, guarded.Ids);
        Assert.Equal(plain.Tokens.Select(static token => token.Text), guarded.Tokens.Select(static token => token.Text));
        Assert.Equal((FinishReason.StopSequence, "END"), (guarded.Finished.Reason, guarded.Finished.StopSequence));

        // What a stop sequence may still take back is read, as its tokens tell it; what is left is read at the end.
        Assert.Equal(["harm", "harmless", "harmless END", "harmless "], lab.Classifier.Texts);
    }

    [Fact]
    public async Task The_end_of_a_text_is_checked_before_it_is_shown()
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = Says("a bomb");

        var generation = await lab.GenerateAsync(Guarded(output: true, interval: 100));

        Assert.Empty(generation.Tokens);
        Assert.Equal((FinishReason.Guard, "harmful", false, 7), Finish(generation));
    }

    [Fact]
    public async Task A_prompt_that_is_refused_is_never_run()
    {
        await using var lab = await FakeLab.StartAsync();
        var request = Guarded(prompt: true);
        request.MaxTokens = 3;
        request.Chat = new ChatMessages
        {
            Messages = { new ChatMessage { Role = "user", Content = "hello" }, new ChatMessage { Role = "user", Content = "a bomb?" } },
        };

        var refused = await lab.GenerateAsync(request);
        request.Chat.Messages[1].Content = "a bun?";
        var passed = await lab.GenerateAsync(request);

        Assert.Equal((FinishReason.Guard, "harmful", true, 0), Finish(refused));
        Assert.Equal("", refused.Text);
        Assert.Equal(FinishReason.MaxTokens, passed.Finished.Reason);
        Assert.Equal(1, lab.Decoder.Begun);
        Assert.Equal(["a bomb?", "a bun?"], lab.Classifier.Texts);
    }

    [Fact]
    public async Task The_text_of_a_prompt_is_its_own_without_control_tokens()
    {
        await using var lab = await FakeLab.StartAsync();
        var request = Guarded(prompt: true);
        request.Tokens = new TokenIds { Ids = { FakeVocabulary.Bytes("bomb").Prepend(FakeVocabulary.EndOfSequence) } };

        Assert.True((await lab.GenerateAsync(request)).Finished.GuardRefusedPrompt);
        Assert.Equal("bomb", Assert.Single(lab.Classifier.Texts));
    }

    [Fact]
    public async Task The_threshold_decides()
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = Says("bomb");

        foreach (var (threshold, reason) in new[] { (0.75f, FinishReason.Guard), (0.76f, FinishReason.EndOfSequence) })
        {
            var request = Guarded(output: true);
            request.Guard.Threshold = threshold;
            Assert.Equal(reason, (await lab.GenerateAsync(request)).Finished.Reason);
        }
    }

    [Fact]
    public async Task Labels_that_do_not_exclude_each_other_are_not_added_up()
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = Says("a text");

        foreach (var (threshold, reason) in new[] { (0.4f, FinishReason.Guard), (0.5f, FinishReason.EndOfSequence) })
        {
            var request = Guarded(output: true);
            request.Guard = new Guard { Classifier = FakeClassifier.Traits, Labels = { "rude", "sad" }, Output = true, Threshold = threshold };
            Assert.Equal(reason, (await lab.GenerateAsync(request)).Finished.Reason);
        }
    }

    [Fact]
    public async Task Each_candidate_is_guarded_by_itself_and_a_refused_one_is_never_the_best()
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = FakeDecoder.Noise();
        lab.Classifier.Harmful = "x";
        var request = Guarded(output: true, interval: 3);
        (request.Mode, request.Candidates, request.MaxTokens, request.Sampling) = (LoopMode.Step, 8, 20, new SamplingProgram { Seed = 5 });

        var all = (await lab.GenerateAsync(request)).Events.Where(static e => e.Finished is not null).ToDictionary(static e => e.Candidate, static e => e.Finished);
        (request.Candidates, request.BestOf) = (1, 8);
        var best = await lab.GenerateAsync(request);

        Assert.Contains(all.Values, static finished => finished.Reason == FinishReason.Guard);
        Assert.Contains(all.Values, static finished => finished.Reason == FinishReason.MaxTokens);
        Assert.Equal(FinishReason.MaxTokens, best.Finished.Reason);
    }

    [Theory]
    [InlineData(StatusCode.Internal)]
    [InlineData(StatusCode.Unavailable)]
    public async Task A_classifier_that_fails_ends_the_generation(StatusCode status)
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = Says("bomb");
        lab.Classifier.BeforeAnswer = _ => throw (status == StatusCode.Internal ? RpcErrors.Internal("no") : RpcErrors.Unavailable("no"));

        var error = await lab.FailsAsync(Guarded(output: true));

        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        await Patience.UntilAsync(() => lab.Decoder.Sessions == 0);
    }

    [Fact]
    public async Task A_caller_that_leaves_ends_the_check()
    {
        await using var lab = await FakeLab.StartAsync();
        var (asked, left) = (new TaskCompletionSource(), new TaskCompletionSource());
        lab.Classifier.BeforeAnswer = async cancellation =>
        {
            asked.SetResult();
            using var registration = cancellation.Register(left.SetResult);
            await Task.Delay(Timeout.Infinite, cancellation);
        };
        using var call = lab.Client.Generate(Guarded(output: true));

        await asked.Task.Patiently();
        call.Dispose();

        await left.Task.Patiently();
        await Patience.UntilAsync(() => lab.Decoder.Sessions == 0);
    }

    [Fact]
    public async Task A_guard_that_contradicts_the_contract_is_refused()
    {
        await using var lab = await FakeLab.StartAsync();

        Assert.Equal("guard", await FieldAsync(static guard => guard.Output = false));
        Assert.Equal("guard.labels", await FieldAsync(static guard => guard.Labels.Clear()));
        Assert.Equal("guard.labels[1]", await FieldAsync(static guard => guard.Labels.Add("rude")));
        Assert.Equal("guard.threshold", await FieldAsync(static guard => guard.Threshold = 0));
        Assert.Equal("guard.threshold", await FieldAsync(static guard => guard.Threshold = float.NaN));
        Assert.Equal("guard.interval", await FieldAsync(static guard => guard.Interval = 0));
        Assert.Equal("guard.interval", await FieldAsync(static guard => guard.Interval = 1025));
        Assert.Equal(StatusCode.NotFound, (await FailsAsync(static guard => guard.Classifier = "none")).StatusCode);
        Assert.Equal(StatusCode.FailedPrecondition, (await FailsAsync(static guard => guard.Classifier = "fake-broken")).StatusCode);
        Assert.Equal(StatusCode.FailedPrecondition, (await FailsAsync(static guard => guard.Classifier = FakeClassifier.Images)).StatusCode);
        Assert.Equal(0, lab.Decoder.Begun);

        async Task<string> FieldAsync(Action<Guard> change) => (await FailsAsync(change)).Field();

        Task<RpcException> FailsAsync(Action<Guard> change)
        {
            var request = Guarded(output: true);
            change(request.Guard);
            return lab.FailsAsync(request);
        }
    }

    private static Model Says(string text) => FakeDecoder.Script([.. FakeVocabulary.Bytes(text), FakeVocabulary.EndOfSequence]);

    private static (FinishReason, string, bool, int) Finish(Generation generation) =>
        (generation.Finished.Reason, generation.Finished.GuardLabel, generation.Finished.GuardRefusedPrompt, generation.Finished.GeneratedTokens);

    private static GenerateRequest Guarded(bool prompt = false, bool output = false, int interval = 4, LoopMode mode = LoopMode.Pushdown) => new()
    {
        Text = "a",
        MaxTokens = 40,
        Mode = mode,
        Sampling = new SamplingProgram { Temperature = 0 },
        Guard = new Guard { Labels = { "harmful" }, Prompt = prompt, Output = output, Interval = interval },
    };
}
