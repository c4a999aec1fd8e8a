using GenAiLab.V1;
using Google.Rpc;
using Grpc.Core;

namespace GenAiLab.Decoder.Tests;

/// <summary>Slots, the waiting line, and callers that leave.</summary>
public sealed class AdmissionTests
{
    [Fact]
    public async Task WhenSlotsAndLineAreFullTheCallerIsToldWhenToComeBack()
    {
        await using var host = await DecoderHost.StartAsync(settings: [("Decoder:Slots", "1"), ("Decoder:MaximumWaiting", "1")]);
        using var holder = host.Client.Step(DecoderHost.Options);
        await DecoderHost.ExchangeAsync(holder, DecoderHost.Open([1]));

        // One of these two waits, and the other is refused: whichever came second.
        using var first = host.Client.GenerateTokens(Greedy(), DecoderHost.Options);
        using var second = host.Client.GenerateTokens(Greedy(), DecoderHost.Options);
        Task<bool>[] reads = [first.ResponseStream.MoveNext(TestContext.Current.CancellationToken), second.ResponseStream.MoveNext(TestContext.Current.CancellationToken)];
        var refused = await Task.WhenAny(reads).WaitAsync(DecoderHost.Patience, TestContext.Current.CancellationToken);
        var failure = await DecoderHost.FailureAsync(() => refused);
        Assert.Equal(StatusCode.ResourceExhausted, failure.Code);
        Assert.True(failure.Details!.GetDetail<RetryInfo>().RetryDelay.ToTimeSpan() > TimeSpan.Zero);

        // The one in the line gets the slot when it is free.
        await holder.RequestStream.CompleteAsync();
        Assert.True(await reads.Single(read => read != refused).WaitAsync(DecoderHost.Patience, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task WhenTooManyPromptTokensWaitTheCallerIsToldWhenToComeBack()
    {
        await using var host = await DecoderHost.StartAsync(settings: [("Decoder:Slots", "1"), ("Decoder:MaximumWaitingTokens", "20")]);
        using var holder = host.Client.Step(DecoderHost.Options);
        await DecoderHost.ExchangeAsync(holder, DecoderHost.Open([1]));
        var request = Greedy();
        request.Prompt = DecoderHost.Ids(Enumerable.Repeat(1, 15));

        // The line has room for many, but not for 30 tokens.
        using var first = host.Client.GenerateTokens(request, DecoderHost.Options);
        using var second = host.Client.GenerateTokens(request, DecoderHost.Options);
        var refused = await Task.WhenAny(
            first.ResponseStream.MoveNext(TestContext.Current.CancellationToken), second.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
            .WaitAsync(DecoderHost.Patience, TestContext.Current.CancellationToken);

        var failure = await DecoderHost.FailureAsync(() => refused);
        Assert.Equal(StatusCode.ResourceExhausted, failure.Code);
        Assert.True(failure.Details!.GetDetail<RetryInfo>().RetryDelay.ToTimeSpan() > TimeSpan.Zero);
    }

    [Fact]
    public async Task AStreamThatEndsHasFreedItsSlot()
    {
        await using var host = await DecoderHost.StartAsync(settings: [("Decoder:Slots", "1"), ("Decoder:MaximumWaiting", "0")]);
        for (var at = 0; at < 20; at++)
        {
            using var call = host.Client.Step(DecoderHost.Options);
            await DecoderHost.ExchangeAsync(call, DecoderHost.Open([1]));
            await call.RequestStream.CompleteAsync();
            Assert.False(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            Assert.NotEmpty(await host.GenerateAsync(Greedy()));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ACallerThatLeavesFreesItsSlot(bool pushdown)
    {
        await using var host = await DecoderHost.StartAsync();
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var options = DecoderHost.Options.WithCancellationToken(cancellation.Token);
        if (pushdown)
        {
            using var call = host.Client.GenerateTokens(Greedy(), options);
            Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            await cancellation.CancelAsync();
            await host.WaitForSlotsInUseAsync(0);
        }
        else
        {
            using var call = host.Client.Step(options);
            await DecoderHost.ExchangeAsync(call, DecoderHost.Open([1]));
            await host.WaitForSlotsInUseAsync(1);
            await cancellation.CancelAsync();
            await host.WaitForSlotsInUseAsync(0);
        }
    }

    [Fact]
    public async Task ACallerWhoseConnectionIsGoneFreesItsSlot()
    {
        await using var host = await DecoderHost.StartAsync();
        using (var channel = Grpc.Net.Client.GrpcChannel.ForAddress($"http://{host.Channel.Target}"))
        {
            var call = new V1.Decoder.DecoderClient(channel).Step(DecoderHost.Options);
            await DecoderHost.ExchangeAsync(call, DecoderHost.Open([1]));
            await host.WaitForSlotsInUseAsync(1);
        }

        await host.WaitForSlotsInUseAsync(0);
    }

    [Fact]
    public async Task ACallerThatLeavesTheLineMakesRoomInIt()
    {
        await using var host = await DecoderHost.StartAsync(settings: [("Decoder:Slots", "1"), ("Decoder:MaximumWaiting", "1")]);
        using var holder = host.Client.Step(DecoderHost.Options);
        await DecoderHost.ExchangeAsync(holder, DecoderHost.Open([1]));
        for (var at = 0; at < 5; at++)
        {
            // Refused until the one before it is gone; then it waits until its deadline.
            var waited = false;
            while (!waited)
            {
                var error = await Assert.ThrowsAsync<RpcException>(async () =>
                {
                    using var call = host.Client.GenerateTokens(Greedy(), DecoderHost.Options.WithDeadline(DateTime.UtcNow.AddMilliseconds(100)));
                    await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken);
                });
                waited = error.StatusCode == StatusCode.DeadlineExceeded;
                Assert.True(waited || error.StatusCode == StatusCode.ResourceExhausted);
            }
        }
    }

    [Fact]
    public async Task StreamsThatWaitForTheirForksNeverWaitForEachOther()
    {
        await using var host = await DecoderHost.StartAsync(settings: [("Decoder:Slots", "3")]);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(at => ForkTwiceAsync(at))).WaitAsync(DecoderHost.Patience, TestContext.Current.CancellationToken);
        await host.WaitForSlotsInUseAsync(0);

        // Each holds its slot until both forks have theirs: without a reserve, two of them would wait for ever.
        async Task ForkTwiceAsync(int at)
        {
            using var root = host.Client.Step(DecoderHost.Options);
            var open = DecoderHost.Open([1, 2, at]);
            open.Open.ReservedForks = 2;
            var id = (await DecoderHost.ExchangeAsync(root, open)).SessionId;
            using var first = host.Client.Step(DecoderHost.Options);
            var forked = (await DecoderHost.ExchangeAsync(first, ForkOf(id))).SessionId;
            using var second = host.Client.Step(DecoderHost.Options);
            await DecoderHost.ExchangeAsync(second, ForkOf(forked));

            // The first is done: its slot is another fork's, though others wait.
            await first.RequestStream.CompleteAsync();
            Assert.False(await first.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            using var third = host.Client.Step(DecoderHost.Options);
            await DecoderHost.ExchangeAsync(third, ForkOf(id));
        }

        static StepRequest ForkOf(string id)
        {
            var request = DecoderHost.Open([3]);
            request.Open.Fork = new ForkPoint { SessionId = id, Length = 3 };
            return request;
        }
    }

    [Fact]
    public async Task AServiceThatStopsEndsIdleStreams()
    {
        var host = await DecoderHost.StartAsync();
        using var call = host.Client.Step(DecoderHost.Options);
        await DecoderHost.ExchangeAsync(call, DecoderHost.Open([1]));
        await call.RequestStream.WriteAsync(DecoderHost.Append(2), TestContext.Current.CancellationToken);
        await host.DisposeAsync().AsTask().WaitAsync(DecoderHost.Patience, TestContext.Current.CancellationToken);
    }

    private static GenerateTokensRequest Greedy() =>
        new() { Prompt = DecoderHost.Ids(1, 2, 3), Sampling = new SamplingProgram { Temperature = 0 }, IgnoreEndOfSequence = true };
}
