using GenAiLab.V1;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Grpc.Health.V1;

namespace GenAiLab.Decoder.Tests;

/// <summary>A replica that leaves: nothing new, what runs may end, the rest is handed over.</summary>
public sealed class DrainTests
{
    [Fact]
    public async Task StreamsMayEndWithinTheGraceAndNewOnesAreSentElsewhere()
    {
        await using var host = await DecoderHost.StartAsync();
        using var running = host.Client.Step(DecoderHost.Options);
        await DecoderHost.ExchangeAsync(running, DecoderHost.Open([1]));

        var draining = new DecoderControl.DecoderControlClient(host.Channel)
            .DrainAsync(new DrainRequest { Grace = Duration.FromTimeSpan(DecoderHost.Patience) }, DecoderHost.Options).ResponseAsync;
        while (!(await ReportAsync(host)).Draining)
        {
            await Task.Yield();
        }

        var (code, _, details) = await DecoderHost.FailureAsync(() => host.GenerateAsync(Request()));
        Assert.Equal((StatusCode.Unavailable, 0), (code, details!.GetDetail<RetryInfo>()!.RetryDelay.Seconds));
        Assert.Equal(
            HealthCheckResponse.Types.ServingStatus.NotServing,
            (await new Health.HealthClient(host.Channel).CheckAsync(new HealthCheckRequest(), DecoderHost.Options)).Status);

        // The stream goes on to its own end.
        Assert.Equal(FinishReason.Unspecified, (await DecoderHost.ExchangeAsync(running, DecoderHost.Append(2))).Finish);
        Assert.False(draining.IsCompleted);
        await running.RequestStream.CompleteAsync();
        Assert.False(await running.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal(new DrainResponse { StreamsFinished = 1 }, await draining);
    }

    [Fact]
    public async Task WhatIsLeftAfterTheGraceIsHandedOverAndGoesOnElsewhereWithTheSameTokens()
    {
        await using var host = await DecoderHost.StartAsync();
        await using var other = await DecoderHost.StartAsync();
        var calm = (await other.GenerateAsync(Request())).Select(static response => response.Token.TokenId).ToList();

        using var running = host.Client.Step(DecoderHost.Options);
        await DecoderHost.ExchangeAsync(running, DecoderHost.Open([1, 2]));
        await DecoderHost.ExchangeAsync(running, DecoderHost.Append(calm[0]));
        var drained = await new DecoderControl.DecoderControlClient(host.Channel)
            .DrainAsync(new DrainRequest { Grace = new Duration() }, DecoderHost.Options);
        Assert.Equal(new DrainResponse { StreamsHandedOver = 1 }, drained);
        var (code, _, details) = await DecoderHost.FailureAsync(() => running.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal(StatusCode.Unavailable, code);
        Assert.NotNull(details!.GetDetail<RetryInfo>());

        var resumed = Request();
        resumed.Prompt.Ids.Add(calm[0]);
        (resumed.FirstPosition, resumed.ReplayedTokens, resumed.MaxTokens) = (1, 1, resumed.MaxTokens - 1);
        Assert.Equal(calm.Skip(1), (await other.GenerateAsync(resumed)).Select(static response => response.Token.TokenId));
    }

    [Fact]
    public async Task AReplayedStepStreamHasTheBitsOfTheFirst()
    {
        await using var host = await DecoderHost.StartAsync();
        using var first = host.Client.Step(DecoderHost.Options);
        await DecoderHost.ExchangeAsync(first, DecoderHost.Open([1, 2]));
        await DecoderHost.ExchangeAsync(first, DecoderHost.Append(3));
        var expected = await DecoderHost.ExchangeAsync(first, DecoderHost.Append(4));

        using var resumed = host.Client.Step(DecoderHost.Options);
        var open = DecoderHost.Open([1, 2, 3, 4]);
        open.Open.ReplayedTokens = 2;
        var answer = await DecoderHost.ExchangeAsync(resumed, open);
        Assert.Equal(expected.Distribution.AllLogits, answer.Distribution.AllLogits);

        open.Open.ReplayedTokens = 4;
        using var refused = host.Client.Step(DecoderHost.Options);
        var (code, field, _) = await DecoderHost.FailureAsync(() => DecoderHost.ExchangeAsync(refused, open));
        Assert.Equal((StatusCode.InvalidArgument, "open.replayed_tokens"), (code, field));
    }

    [Fact]
    public async Task TheLoadReportSaysWhatThereIsToDo()
    {
        await using var host = await DecoderHost.StartAsync(settings: [("Decoder:Slots", "1"), ("Decoder:PrefillChunk", "16")]);
        using var running = host.Client.Step(DecoderHost.Options);
        await DecoderHost.ExchangeAsync(running, DecoderHost.Open([1, 2, 3]));
        using var waiting = host.Client.Step(DecoderHost.Options);
        await waiting.RequestStream.WriteAsync(DecoderHost.Open([4, 5]), TestContext.Current.CancellationToken);

        ModelLoad load;
        do
        {
            var report = await ReportAsync(host);
            Assert.Equal(("tiny", false), (report.DefaultModel, report.Draining));
            load = Assert.Single(report.Models);
        }
        while (load.Waiting == 0);

        Assert.Equal(
            new ModelLoad { Model = "tiny", Slots = 1, SlotsInUse = 1, Waiting = 1, PendingPromptTokens = 2, PrefixGranularity = load.PrefixGranularity, PromptTokens = 3, TokensRun = 3 },
            load);
        Assert.InRange(load.PrefixGranularity, 1, 16);
    }

    private static async Task<ReportLoadResponse> ReportAsync(DecoderHost host) =>
        await host.Client.ReportLoadAsync(new ReportLoadRequest(), DecoderHost.Options);

    private static GenerateTokensRequest Request() => new()
    {
        Prompt = DecoderHost.Ids(1, 2),
        MaxTokens = 12,
        Sampling = new SamplingProgram { Temperature = 0 },
        IgnoreEndOfSequence = true,
    };
}
