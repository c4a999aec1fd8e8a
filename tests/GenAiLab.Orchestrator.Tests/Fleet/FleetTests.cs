using GenAiLab.Orchestrator.Tests.Fakes;
using GenAiLab.Orchestrator.Tests.Generate;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Google.Rpc;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Tests.Fleet;

/// <summary>Several decoders behind one orchestrator, over real sockets.</summary>
public sealed class FleetTests
{
    private const int Tokens = 20;

    public static TheoryData<LoopMode> Modes => GenerateTests.Modes;

    [Theory, MemberData(nameof(Modes))]
    public async Task A_stream_whose_decoder_dies_goes_on_at_another_with_the_same_tokens(LoopMode mode)
    {
        await using var lab = await FakeLab.StartFleetAsync(3);
        var calm = await lab.GenerateAsync(Request(mode));
        var held = HoldFirst(lab, afterTokens: 5);

        var generating = lab.GenerateAsync(Request(mode));
        await lab.StopDecoderAsync(await held.Patiently());

        Same(calm, await generating);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task A_stream_that_a_draining_decoder_hands_over_goes_on_at_another(LoopMode mode)
    {
        await using var lab = await FakeLab.StartFleetAsync(2);
        var calm = await lab.GenerateAsync(Request(mode));
        var handedOver = 0;
        foreach (var decoder in lab.Fleet)
        {
            decoder.BeforeToken = (generated, _) => generated == 5 && Interlocked.Exchange(ref handedOver, 1) == 0
                ? throw RpcErrors.Leaving("the service is stopping") : Task.CompletedTask;
        }

        Same(calm, await lab.GenerateAsync(Request(mode)));
        Assert.Equal(1, handedOver);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task A_stream_whose_decoder_freezes_goes_on_at_another(LoopMode mode)
    {
        await using var lab = await FakeLab.StartFleetAsync(2, ("Decoders:ReportDeadline", "00:00:00.3"));
        var calm = await lab.GenerateAsync(Request(mode));
        var held = HoldFirst(lab, afterTokens: 5);

        var generating = lab.GenerateAsync(Request(mode));
        var frozen = await held.Patiently();
        frozen.BeforeReport = static cancellation => Task.Delay(Timeout.Infinite, cancellation);

        Same(calm, await generating);
        // Nobody is sent there any more.
        var begun = frozen.Begun;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => lab.GenerateAsync(Request(mode))));
        Assert.Equal(begun, frozen.Begun);

        // It is back when it answers again.
        frozen.BeforeReport = static _ => Task.CompletedTask;
        frozen.BeforeToken = static (_, _) => Task.CompletedTask;
        using var limit = new CancellationTokenSource(Patience.Limit);
        while (frozen.Begun == begun)
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => lab.GenerateAsync(Request(mode))));
        }
    }

    [Fact]
    public async Task A_decoder_that_is_slow_but_answers_keeps_its_stream()
    {
        await using var lab = await FakeLab.StartFleetAsync(2, ("Decoders:ReportDeadline", "00:00:01"));
        var begun = lab.Fleet.Sum(static decoder => decoder.Begun);
        var held = HoldFirst(lab, afterTokens: 5, out var release);

        var generating = lab.GenerateAsync(Request(LoopMode.Pushdown));
        var slow = await held.Patiently();
        var reports = slow.Reports;
        await Patience.UntilAsync(() => slow.Reports > reports + 20);
        release();

        await generating;
        Assert.Equal(begun + 1, lab.Fleet.Sum(static decoder => decoder.Begun));
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task Where_one_is_full_another_has_room_and_where_all_are_it_says_when_to_come_back(LoopMode mode)
    {
        await using var lab = await FakeLab.StartFleetAsync(2);
        lab.Fleet[0].BeforeToken = static (_, _) => throw RpcErrors.ResourceExhausted("every slot is taken", TimeSpan.FromSeconds(3));
        for (var round = 0; round < 4; round++)
        {
            Assert.Equal(Tokens, (await lab.GenerateAsync(Request(mode))).Tokens.Count);
        }

        lab.Fleet[1].BeforeToken = lab.Fleet[0].BeforeToken;
        var error = await lab.FailsAsync(Request(mode));
        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
        Assert.Equal(3, error.GetRpcStatus()!.GetDetail<RetryInfo>()!.RetryDelay.Seconds);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task A_prompt_that_breaks_every_decoder_does_not_go_round_for_ever(LoopMode mode)
    {
        await using var lab = await FakeLab.StartFleetAsync(3);
        foreach (var decoder in lab.Fleet)
        {
            decoder.BeforeToken = static (_, _) => throw RpcErrors.Unavailable("broken");
        }

        Assert.Equal(StatusCode.Unavailable, (await lab.FailsAsync(Request(mode))).StatusCode);
        Assert.InRange(lab.Fleet.Sum(static decoder => decoder.Begun), 1, 4);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task A_caller_that_cancels_is_not_moved_anywhere(LoopMode mode)
    {
        await using var lab = await FakeLab.StartFleetAsync(2);
        var held = HoldFirst(lab, afterTokens: 3);
        using var cancellation = new CancellationTokenSource();
        using var call = lab.Client.Generate(Request(mode), cancellationToken: cancellation.Token);
        Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken).Patiently());
        var decoder = await held.Patiently();

        await cancellation.CancelAsync();

        await decoder.Cancelled.Patiently();
        Assert.Equal(1, lab.Fleet.Sum(static one => one.Begun));
    }

    [Fact]
    public async Task Prompts_that_begin_alike_meet_at_one_decoder()
    {
        await using var lab = await FakeLab.StartFleetAsync(3);
        for (var user = 0; user < 6; user++)
        {
            await lab.GenerateAsync(Prompt(system: 7, user));
        }

        Assert.Equal([0, 0, 6], lab.Fleet.Select(static decoder => decoder.Begun).Order());
    }

    [Fact]
    public async Task Round_robin_spreads_them()
    {
        await using var lab = await FakeLab.StartFleetAsync(3, ("Decoders:Routing", "RoundRobin"));
        for (var user = 0; user < 6; user++)
        {
            await lab.GenerateAsync(Prompt(system: 7, user));
        }

        // A look at the models takes its turn too.
        Assert.All(lab.Fleet, static decoder => Assert.InRange(decoder.Begun, 1, 3));
    }

    // Two blocks of 16 tokens that all share, and a token of one's own.
    private static GenerateRequest Prompt(int system, int user) => new()
    {
        Tokens = new TokenIds { Ids = { Enumerable.Range(1, 33).Select(at => 1 + ((system * at) % 250)), 1 + user } },
        MaxTokens = 2,
        Sampling = new SamplingProgram { Temperature = 0 },
    };

    private static GenerateRequest Request(LoopMode mode) =>
        new() { Text = "Hi", Mode = mode, MaxTokens = Tokens, Sampling = new SamplingProgram { Seed = 11 } };

    private static void Same(Generation calm, Generation moved)
    {
        Assert.Equal(calm.Ids, moved.Ids);
        Assert.Equal(Enumerable.Range(0, Tokens), moved.Tokens.Select(static token => token.Index));
        Assert.Equal(calm.Text, moved.Text);
        Assert.Equal(FinishReason.MaxTokens, moved.Finished.Reason);
    }

    private static Task<FakeDecoder> HoldFirst(FakeLab lab, int afterTokens) => HoldFirst(lab, afterTokens, out _);

    // The first stream that has so many tokens gets no further.
    private static Task<FakeDecoder> HoldFirst(FakeLab lab, int afterTokens, out Action release)
    {
        var held = new TaskCompletionSource<FakeDecoder>(TaskCreationOptions.RunContinuationsAsynchronously);
        var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        foreach (var decoder in lab.Fleet)
        {
            decoder.BeforeToken = (generated, cancellation) =>
                generated == afterTokens && held.TrySetResult(decoder) ? released.Task.WaitAsync(cancellation) : Task.CompletedTask;
        }

        release = () => released.TrySetResult();
        return held.Task;
    }
}
