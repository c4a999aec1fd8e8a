using GenAiLab.Orchestrator.Tests.Fakes;
using GenAiLab.Orchestrator.Tests.Generate;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;

namespace GenAiLab.Orchestrator.Tests.Candidates;

/// <summary>Several continuations of one prompt.</summary>
public sealed class CandidateTests
{
    private const ulong Seed = 40;

    public static TheoryData<LoopMode> Modes => GenerateTests.Modes;

    [Theory, MemberData(nameof(Modes))]
    public async Task Each_candidate_is_what_a_generation_with_its_seed_is(LoopMode mode)
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = FakeDecoder.Noise();
        var expected = new List<Generation>();
        for (var candidate = 0; candidate < 3; candidate++)
        {
            expected.Add(await lab.GenerateAsync(Request(mode, Seed + (ulong)candidate)));
        }

        var all = await lab.GenerateAsync(Request(mode, Seed, candidates: 3));

        Assert.Equal(Seed, all.Started.Seed);
        for (var candidate = 0; candidate < 3; candidate++)
        {
            var one = all.Candidate(candidate);
            Assert.Equal(expected[candidate].Ids, one.Ids);
            Assert.Equal(expected[candidate].Text, one.Text);
            Assert.Equal(FinishReason.MaxTokens, one.Finished.Reason);
            Assert.Equal(one.Tokens.Sum(static token => token.RawLogProbability), one.Finished.SumRawLogProbability, 1e-3);
        }

        Assert.Equal(3, all.Events.Count(static e => e.Finished is not null));
        Assert.Equal(0, lab.Decoder.Sessions);
    }

    [Fact]
    public async Task In_pushdown_mode_all_share_one_call()
    {
        await using var lab = await FakeLab.StartAsync();
        await lab.GenerateAsync(Request(LoopMode.Pushdown, Seed, candidates: 4));

        Assert.Equal(1, lab.Decoder.Begun);
    }

    [Fact]
    public async Task In_step_mode_the_others_fork_the_first_and_its_slots_are_reserved()
    {
        await using var lab = await FakeLab.StartAsync();
        // What has ended cannot be forked: none goes on to its end before all have begun.
        lab.Decoder.BeforeToken = (generated, _) => generated == 2 ? Patience.UntilAsync(() => lab.Decoder.Opened.Count >= 4) : Task.CompletedTask;
        await lab.GenerateAsync(Request(LoopMode.Step, Seed, candidates: 4));

        var root = Assert.Single(lab.Decoder.Opened, static open => open.Fork is null);
        Assert.Equal(3, root.ReservedForks);
        Assert.Equal(3, lab.Decoder.Opened.Count(open => open.Fork is { } fork && fork.Length == root.Prompt.Ids.Count));
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task A_candidate_that_reaches_a_stop_sequence_leaves_the_others_alone(LoopMode mode)
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = FakeDecoder.Noise();
        var alone = await lab.GenerateAsync(Request(mode, Seed, candidates: 3));
        // What the first one says in the middle of its text, and no other says.
        var stop = alone.Candidate(0).Text.Where(static letter => letter is > ' ' and < '\u007f').Select(static letter => letter.ToString())
            .First(text => !alone.Candidate(1).Text.Contains(text, StringComparison.Ordinal) && !alone.Candidate(2).Text.Contains(text, StringComparison.Ordinal));

        var request = Request(mode, Seed, candidates: 3);
        request.Stop.Add(stop);
        if (mode == LoopMode.Pushdown)
        {
            // None reaches its own end before the first has been ended.
            lab.Decoder.BeforeToken = (generated, _) => generated == request.MaxTokens - 1 ? Patience.UntilAsync(() => !lab.Decoder.Ended.IsEmpty) : Task.CompletedTask;
        }

        var stopped = await lab.GenerateAsync(request);

        Assert.Equal(FinishReason.StopSequence, stopped.Candidate(0).Finished.Reason);
        Assert.Equal(stop, stopped.Candidate(0).Finished.StopSequence);
        Assert.Equal(alone.Candidate(1).Ids, stopped.Candidate(1).Ids);
        Assert.Equal(alone.Candidate(2).Ids, stopped.Candidate(2).Ids);
        if (mode == LoopMode.Pushdown)
        {
            // Its slot is not used up to the end for nobody.
            Assert.Equal([0], Assert.Single(lab.Decoder.Ended));
        }
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task Candidates_whose_decoder_dies_go_on_at_another_with_the_same_tokens(LoopMode mode)
    {
        await using var lab = await FakeLab.StartFleetAsync(3);
        var calm = await lab.GenerateAsync(Request(mode, Seed, candidates: 3));
        var held = new TaskCompletionSource<FakeDecoder>(TaskCreationOptions.RunContinuationsAsynchronously);
        foreach (var decoder in lab.Fleet)
        {
            decoder.BeforeToken = (generated, cancellation) =>
                generated == 5 && (held.TrySetResult(decoder) || held.Task.Result == decoder) ? Task.Delay(Timeout.Infinite, cancellation) : Task.CompletedTask;
        }

        using var call = lab.Client.Generate(Request(mode, Seed, candidates: 3), cancellationToken: TestContext.Current.CancellationToken);
        List<GenerateResponse> events = [];
        // The client has seen some of it, and the decoder gets no further.
        while (!events.Exists(static e => e.Token is { Index: > 0 }))
        {
            Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken).Patiently());
            events.Add(call.ResponseStream.Current);
        }

        await lab.StopDecoderAsync(await held.Task.Patiently());
        while (await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken).Patiently())
        {
            events.Add(call.ResponseStream.Current);
        }

        var disturbed = new Generation(events);

        for (var candidate = 0; candidate < 3; candidate++)
        {
            Assert.Equal(calm.Candidate(candidate).Ids, disturbed.Candidate(candidate).Ids);
            Assert.Equal(calm.Candidate(candidate).Text, disturbed.Candidate(candidate).Text);
            // One that had no token yet has begun again, which nobody can see.
            var resumed = disturbed.Candidate(candidate).Events.Where(static e => e.Resumed is not null).Select(static e => e.Resumed).ToArray();
            Assert.Equal(resumed.Length, disturbed.Candidate(candidate).Finished.Resumes);
            Assert.All(resumed, static one => Assert.InRange(one.GeneratedTokens, 1, 6));
            Assert.All(resumed, static one => Assert.True(one.PauseNanoseconds > 0));
        }

        Assert.Contains(disturbed.Events, static e => e.Resumed is { Resumes: 1 });
    }

    [Fact]
    public async Task A_fork_that_comes_after_the_first_has_ended_begins_by_itself()
    {
        await using var lab = await FakeLab.StartAsync();
        // The first candidate ends with its first token, whatever the others do.
        lab.Decoder.Model = FakeDecoder.Script(FakeVocabulary.EndOfSequence);

        var all = await lab.GenerateAsync(Request(LoopMode.Step, Seed, candidates: 3));

        Assert.All(Enumerable.Range(0, 3), candidate => Assert.Equal(FinishReason.EndOfSequence, all.Candidate(candidate).Finished.Reason));
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task The_most_probable_of_several_come_best_first(LoopMode mode)
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = FakeDecoder.Noise();
        var all = await lab.GenerateAsync(Request(mode, Seed, candidates: 6));
        var expected = Enumerable.Range(0, 6).Select(all.Candidate)
            .OrderByDescending(static one => one.Finished.SumRawLogProbability / one.Finished.GeneratedTokens).Take(2).ToArray();

        var request = Request(mode, Seed, candidates: 2);
        request.BestOf = 6;
        var best = await lab.GenerateAsync(request);

        Assert.Equal(2, best.Events.Count(static e => e.Finished is not null));
        for (var place = 0; place < 2; place++)
        {
            Assert.Equal(expected[place].Ids, best.Candidate(place).Ids);
            Assert.Equal(
                expected[place].Finished.SumRawLogProbability / expected[place].Finished.GeneratedTokens, best.Candidate(place).Finished.Score, 1e-4);
        }
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task No_stop_sequence_is_looked_for_before_the_least_number_of_tokens(LoopMode mode)
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = FakeDecoder.Always(FakeVocabulary.Id("x"));
        var request = Request(mode, Seed);
        request.Sampling.MinTokens = 4;
        request.Stop.Add("xx");

        var generation = await lab.GenerateAsync(request);

        Assert.Equal("xxx", generation.Text);
        Assert.Equal(FinishReason.StopSequence, generation.Finished.Reason);
    }

    [Fact]
    public async Task A_first_token_that_is_late_comes_from_a_second_decoder()
    {
        await using var lab = await FakeLab.StartFleetAsync(2, ("Decoders:HedgeAfter", "00:00:00.05"));
        var calm = await lab.GenerateAsync(Request(LoopMode.Pushdown, Seed));
        var slow = new TaskCompletionSource<FakeDecoder>(TaskCreationOptions.RunContinuationsAsynchronously);
        foreach (var decoder in lab.Fleet)
        {
            decoder.BeforeToken = (_, cancellation) => slow.TrySetResult(decoder) || slow.Task.Result == decoder
                ? Task.Delay(Timeout.Infinite, cancellation) : Task.CompletedTask;
        }

        var hedged = await lab.GenerateAsync(Request(LoopMode.Pushdown, Seed));

        Assert.Equal(calm.Ids, hedged.Ids);
        Assert.Equal(0, hedged.Finished.Resumes);
        // The late one was given up.
        await (await slow.Task).Cancelled.Patiently();
    }

    [Theory]
    [InlineData("candidates", 17, 0)]
    [InlineData("candidates", -1, 0)]
    [InlineData("best_of", 3, 2)]
    [InlineData("best_of", 0, 17)]
    public async Task Numbers_out_of_range_are_refused_by_name(string field, int candidates, int bestOf)
    {
        await using var lab = await FakeLab.StartAsync();
        var request = Request(LoopMode.Pushdown, Seed, candidates);
        request.BestOf = bestOf;

        Assert.Equal([field], await lab.RefusedFieldsAsync(request));
    }

    [Theory]
    [InlineData("candidates", 3, 0, 10, 0)] // More than there are slots.
    [InlineData("best_of", 1, 3, 10, 0)]
    [InlineData("candidates", 2, 0, 70_000, 0)] // 140,000 tokens together.
    [InlineData("alternatives", 1, 2, 60_000, 4)] // 600,000 tokens and alternatives to be kept.
    public async Task What_a_model_cannot_hold_is_refused_by_name(string field, int candidates, int bestOf, int maxTokens, int alternatives)
    {
        var model = FakeDecoder.Describe("fake-base", ModelState.Ready);
        (model.Slots, model.ContextLength) = (2, 100_000);
        await using var lab = await FakeLab.StartInProcessAsync(model);
        var request = Request(LoopMode.Pushdown, Seed, candidates);
        (request.BestOf, request.MaxTokens, request.Alternatives) = (bestOf, maxTokens, alternatives);

        Assert.Equal([field], await lab.RefusedFieldsAsync(request));
    }

    [Fact]
    public async Task A_ranking_without_anything_to_rank_is_refused()
    {
        await using var lab = await FakeLab.StartAsync();
        var request = Request(LoopMode.Pushdown, Seed, candidates: 2);
        request.Ranking = new Ranking { MeanLogProbability = new MeanLogProbability() };

        Assert.Equal(["ranking"], await lab.RefusedFieldsAsync(request));
    }

    private static GenerateRequest Request(LoopMode mode, ulong seed, int candidates = 0) => new()
    {
        Text = "Hello",
        Mode = mode,
        MaxTokens = 20,
        Candidates = candidates,
        Sampling = new SamplingProgram { Temperature = 1, Seed = seed },
    };
}
