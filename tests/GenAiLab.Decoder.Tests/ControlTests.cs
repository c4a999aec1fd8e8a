using GenAiLab.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace GenAiLab.Decoder.Tests;

/// <summary>Models come and go while others serve.</summary>
public sealed class ControlTests
{
    [Fact]
    public async Task AModelIsDrainedUnloadedAndLoadedWithoutDroppingAStream()
    {
        await using var host = await DecoderHost.StartAsync(static root =>
        {
            TinyModel.Write(root, "tiny");
            TinyModel.Write(root, "other");
        });
        var control = new DecoderControl.DecoderControlClient(host.Channel);
        using var running = host.Client.Step(DecoderHost.Options);
        await DecoderHost.ExchangeAsync(running, DecoderHost.Open([1], model: "other"));

        var drained = await control.DrainDecoderAsync(new DrainDecoderRequest { Model = "other", Timeout = Duration.FromTimeSpan(TimeSpan.Zero) }, DecoderHost.Options);
        Assert.Equal(1, drained.StreamsLeft);
        Assert.Equal(StatusCode.Unavailable, (await DecoderHost.FailureAsync(() => host.GenerateAsync(Request("other")))).Code);
        Assert.NotEmpty(await host.GenerateAsync(Request("tiny")));
        var unload = new UnloadDecoderRequest { Model = "other", Timeout = Duration.FromTimeSpan(TimeSpan.Zero) };
        Assert.Equal(StatusCode.FailedPrecondition, (await DecoderHost.FailureAsync(async () => await control.UnloadDecoderAsync(unload, DecoderHost.Options))).Code);

        // The stream that was open goes on to its own end.
        Assert.Equal(FinishReason.Unspecified, (await DecoderHost.ExchangeAsync(running, DecoderHost.Append(2))).Finish);
        await running.RequestStream.CompleteAsync();
        Assert.False(await running.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        unload.Timeout = null;
        await control.UnloadDecoderAsync(unload, DecoderHost.Options);
        Assert.Equal(ModelState.Unloaded, (await StateAsync(host, "other")).State);
        Assert.Equal(StatusCode.FailedPrecondition, (await DecoderHost.FailureAsync(() => host.GenerateAsync(Request("other")))).Code);

        var loaded = await control.LoadDecoderAsync(new LoadDecoderRequest { Model = "other" }, DecoderHost.Options);
        Assert.Equal(ModelState.Ready, loaded.Decoder.State);
        Assert.NotEmpty(await host.GenerateAsync(Request("other")));
    }

    [Fact]
    public async Task AnUnknownModelIsNotFound()
    {
        await using var host = await DecoderHost.StartAsync();
        var control = new DecoderControl.DecoderControlClient(host.Channel);
        foreach (var call in new Func<Task>[]
        {
            async () => await control.LoadDecoderAsync(new LoadDecoderRequest { Model = "../tiny" }, DecoderHost.Options),
            async () => await control.DrainDecoderAsync(new DrainDecoderRequest { Model = "nosuch" }, DecoderHost.Options),
            async () => await control.UnloadDecoderAsync(new UnloadDecoderRequest { Model = "nosuch" }, DecoderHost.Options),
        })
        {
            Assert.Equal(StatusCode.NotFound, (await DecoderHost.FailureAsync(call)).Code);
        }
    }

    [Fact]
    public async Task AFolderThatIsBeingWrittenIsNoModel()
    {
        const string Unfinished = ".tiny.0123456789abcdef0123456789abcdef";
        await using var host = await DecoderHost.StartAsync(static root =>
        {
            TinyModel.Write(root, "tiny");
            TinyModel.Write(root, Unfinished);
        });
        Assert.Equal(["tiny"], (await host.Client.ListDecodersAsync(new ListDecodersRequest(), DecoderHost.Options)).Decoders.Select(static decoder => decoder.Name));
        var control = new DecoderControl.DecoderControlClient(host.Channel);
        Assert.Equal(
            StatusCode.NotFound,
            (await DecoderHost.FailureAsync(async () => await control.LoadDecoderAsync(new LoadDecoderRequest { Model = Unfinished }, DecoderHost.Options))).Code);
    }

    [Fact]
    public async Task ADecoderIsNotKilledByACallUnlessItIsConfiguredToBe()
    {
        await using var host = await DecoderHost.StartAsync();
        var control = new DecoderControl.DecoderControlClient(host.Channel);
        Assert.Equal(StatusCode.FailedPrecondition, (await DecoderHost.FailureAsync(async () => await control.KillAsync(new KillRequest(), DecoderHost.Options))).Code);
        Assert.NotEmpty(await host.GenerateAsync(Request("tiny")));
    }

    [Theory]
    [InlineData("Decoder:MaximumCacheBytes", 3 * 24_576, 3)]
    [InlineData("Decoder:MaximumCacheBytes", 1 << 30, 16)]
    public async Task TheSlotsFollowFromTheMemory(string setting, long bytes, int slots)
    {
        await using var host = await DecoderHost.StartAsync(settings: (setting, $"{bytes}"));
        Assert.Equal(slots, (await StateAsync(host, "tiny")).Slots);
    }

    [Fact]
    public async Task TheSecondModelIsRefusedWhenTheBudgetIsSpentAndSaysWhatItNeeds()
    {
        await using var host = await DecoderHost.StartAsync(
            static root =>
            {
                TinyModel.Write(root, "tiny");
                TinyModel.Write(root, "zweite");
            },
            ("Decoder:MemoryBudgetBytes", "400000"));
        Assert.Equal(ModelState.Ready, (await StateAsync(host, "tiny")).State);
        var second = await StateAsync(host, "zweite");
        Assert.Equal(ModelState.Failed, second.State);
        Assert.Contains("Decoder:MemoryBudgetBytes", second.Failure);
        Assert.Matches("[0-9],[0-9]{3} bytes", second.Failure);
    }

    private static GenerateTokensRequest Request(string model) =>
        new() { Model = model, Prompt = DecoderHost.Ids(1, 2), MaxTokens = 3, Sampling = new SamplingProgram { Temperature = 0 } };

    private static async Task<DecoderDescription> StateAsync(DecoderHost host, string name) =>
        (await host.Client.ListDecodersAsync(new ListDecodersRequest(), DecoderHost.Options)).Decoders.Single(decoder => decoder.Name == name);
}
