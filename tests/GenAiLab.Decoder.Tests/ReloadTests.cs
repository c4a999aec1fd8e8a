using System.Diagnostics;
using System.Text.Json.Nodes;
using GenAiLab.Decoder.Tests.Foreign;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Llama;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Decoder.Tests;

/// <summary>The folder of a model that serves is read once more.</summary>
public sealed class ReloadTests
{
    private const int OtherContext = 40;
    private const string Weights = "weights.bin";

    // For two models and not for three.
    private static readonly (string, string)[] RoomForTwo = [("Decoder:Slots", "2"), ("Decoder:MemoryBudgetBytes", "600000")];
    private static readonly int[] Text = [1, 2, 5, 9, 4, 7];

    [Fact]
    public async Task TheNewModelTakesThePlaceAndStreamsEndOnTheOldOneWhichIsFreedThen()
    {
        var root = "";
        await using var host = await DecoderHost.StartAsync(folder => TinyModel.Write(root = folder, "tiny"), RoomForTwo);
        var expected = await DistributionsAsync(host);
        using var running = host.Client.Step(DecoderHost.Options);
        Assert.Equal(expected[0], (await DecoderHost.ExchangeAsync(running, DecoderHost.Open(Text[..1]))).Distribution);
        WriteOther(root);

        var reloaded = (await ReloadAsync(host)).Decoder;

        Assert.Equal((ModelState.Ready, OtherContext), (reloaded.State, reloaded.ContextLength));
        Assert.NotEqual(expected[0], (await DistributionsAsync(host))[0]);
        Assert.Equal(expected[1..], await ContinueAsync(running));
        var full = await Assert.ThrowsAsync<RpcException>(() => ReloadAsync(host));
        Assert.Equal(StatusCode.FailedPrecondition, full.StatusCode);
        Assert.Contains("Decoder:MemoryBudgetBytes", full.Status.Detail, StringComparison.Ordinal);

        await running.RequestStream.CompleteAsync();
        Assert.False(await running.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        await WaitForRoomAsync(host);
    }

    [Fact]
    public async Task TwoReloadsAtOnceComeOneAfterTheOtherAndLeaveOneModel()
    {
        await using var host = await DecoderHost.StartAsync(settings: RoomForTwo);
        for (var round = 0; round < 5; round++)
        {
            await Task.WhenAll(ReloadAsync(host), ReloadAsync(host));
        }

        Assert.NotEmpty(await DistributionsAsync(host));
    }

    [Fact]
    public async Task AnUnloadingThatTheReloadOvertookLeavesWhatWasRead()
    {
        await using var host = await DecoderHost.StartAsync();
        using var running = host.Client.Step(DecoderHost.Options);
        await DecoderHost.ExchangeAsync(running, DecoderHost.Open([1]));
        var unloading = new DecoderControl.DecoderControlClient(host.Channel).UnloadDecoderAsync(new UnloadDecoderRequest { Model = "tiny" }, DecoderHost.Options).ResponseAsync;
        while (!(await host.Client.ListDecodersAsync(new ListDecodersRequest(), DecoderHost.Options)).Decoders.Single().Draining)
        {
            await Task.Yield();
        }

        await ReloadAsync(host);
        await running.RequestStream.CompleteAsync();

        Assert.Equal(StatusCode.FailedPrecondition, (await DecoderHost.FailureAsync(() => unloading)).Code);
        Assert.NotEmpty(await DistributionsAsync(host));
    }

    [Fact]
    public async Task AFolderThatComesAndGoesWhileItIsReadIsReadOrRefusedInWords()
    {
        var root = "";
        await using var host = await DecoderHost.StartAsync(folder => WriteWithWeightsApart(root = folder));
        var expected = await DistributionsAsync(host);
        var (folder, away) = (Path.Combine(root, "tiny"), Path.Combine(root, ".away"));
        using var over = new CancellationTokenSource();
        var mover = Task.Run(() =>
        {
            while (!over.IsCancellationRequested)
            {
                Directory.Move(folder, away);
                Directory.Move(away, folder);
            }
        }, TestContext.Current.CancellationToken);
        var (maps, records) = (new AttentionMaps.AttentionMapsClient(host.Channel), new TrainingRecords.TrainingRecordsClient(host.Channel));
        var refusals = 0;
        for (var round = 0; round < 40; round++)
        {
            foreach (var call in new Func<Task>[]
            {
                () => ReloadAsync(host),
                async () => await maps.ReadAttentionAsync(new ReadAttentionRequest { Tokens = DecoderHost.Ids(Text) }, DecoderHost.Options),
                async () => await records.DescribeTrainingAsync(new DescribeTrainingRequest { Model = "tiny" }, DecoderHost.Options),
            })
            {
                try
                {
                    await call();
                }
                catch (RpcException error)
                {
                    refusals++;
                    Assert.Contains(error.StatusCode, new[] { StatusCode.FailedPrecondition, StatusCode.NotFound });
                    Assert.DoesNotContain("it could not be loaded", error.Status.Detail, StringComparison.Ordinal);
                    Assert.DoesNotContain(root, error.Status.Detail, StringComparison.Ordinal);
                }
            }

            Assert.Equal(expected, await DistributionsAsync(host));
        }

        await over.CancelAsync();
        await mover.WaitAsync(DecoderHost.Patience, TestContext.Current.CancellationToken);
        Assert.True(refusals > 0, "the folder was never gone when it was looked for");
    }

    [Theory]
    [InlineData("truncated graph", "model.onnx")]
    [InlineData("a graph of other bytes", "model.onnx")]
    [InlineData("no graph", "model.onnx")]
    [InlineData("truncated weights", Weights)]
    [InlineData("no weights", Weights)]
    [InlineData("truncated settings", GenAiConfig.FileName)]
    [InlineData("a window of no tokens", "context_length")]
    [InlineData("a window that its tables do not have", "model.onnx")]
    [InlineData("a vocabulary that it does not have", "vocab_size")]
    [InlineData("no folder", "gone")]
    public async Task ACorruptFolderIsRefusedWithTheReasonAndTheOldModelServesOn(string damage, string file)
    {
        var root = "";
        await using var host = await DecoderHost.StartAsync(folder => WriteWithWeightsApart(root = folder));
        var expected = await DistributionsAsync(host);
        using var running = host.Client.Step(DecoderHost.Options);
        await DecoderHost.ExchangeAsync(running, DecoderHost.Open(Text[..1]));
        Damage(Path.Combine(root, "tiny"), damage);

        var refusal = await Assert.ThrowsAsync<RpcException>(() => ReloadAsync(host));

        Assert.Equal(StatusCode.FailedPrecondition, refusal.StatusCode);
        Assert.Contains(file, refusal.Status.Detail, StringComparison.Ordinal);
        Assert.Contains("goes on serving", refusal.Status.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain(Path.GetTempPath(), refusal.Status.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", refusal.Status.Detail, StringComparison.Ordinal);
        var listed = (await host.Client.ListDecodersAsync(new ListDecodersRequest(), DecoderHost.Options)).Decoders.Single();
        Assert.Equal((ModelState.Ready, ""), (listed.State, listed.Failure));
        Assert.True(host.Readiness.IsReady);
        Assert.Equal(expected, await DistributionsAsync(host));
        Assert.Equal(expected[1..], await ContinueAsync(running));

        WriteOther(root);
        Assert.Equal(OtherContext, (await ReloadAsync(host)).Decoder.ContextLength);
    }

    // Its weights are read from their file, or looked at there: while it serves somebody writes over it.
    private static void WriteWithWeightsApart(string root)
    {
        var folder = Directory.CreateDirectory(Path.Combine(root, "tiny")).FullName;
        TinyModel.Write(root, "tiny", TinyModel.Graph().WithExternalData(folder, Weights));
    }

    // Other weights and another window.
    private static void WriteOther(string root)
    {
        var random = new Random(8);
        TinyModel.Write(
            root, "tiny",
            LlamaServingGraph.Build(TinyModel.Config with { ContextLength = OtherContext }, TinyModel.Config.Parameters().ToDictionary(
                static parameter => parameter.Name,
                parameter => Enumerable.Range(0, parameter.Length).Select(_ => parameter.IsMatrix ? (random.NextSingle() - 0.5f) * 1.2f : 1f).ToArray())),
            TinyModel.Settings(OtherContext));
    }

    private static void Damage(string folder, string damage)
    {
        var (graph, settings) = (Path.Combine(folder, "model.onnx"), Path.Combine(folder, GenAiConfig.FileName));
        switch (damage)
        {
            case "truncated graph":
                File.WriteAllBytes(graph, File.ReadAllBytes(graph)[..5_000]);
                break;
            case "a graph of other bytes":
                File.WriteAllBytes(graph, [.. Enumerable.Repeat((byte)0xA5, 5_000)]);
                break;
            case "no graph":
                File.Delete(graph);
                break;
            case "truncated weights":
                using (var weights = File.OpenWrite(Path.Combine(folder, Weights)))
                {
                    weights.SetLength(100);
                }

                break;
            case "no weights":
                File.Delete(Path.Combine(folder, Weights));
                break;
            case "a window of no tokens":
                Set(settings, "context_length", 0);
                break;
            case "a vocabulary that it does not have":
                Set(settings, "vocab_size", 97);
                break;
            case "no folder":
                Directory.Delete(folder, recursive: true);
                break;
            case "truncated settings":
                File.WriteAllText(settings, File.ReadAllText(settings)[..20]);
                break;
            default:
                File.WriteAllText(settings, GenAiConfig.ToJson(TinyModel.Settings(contextLength: 500)));
                break;
        }
    }

    private static void Set(string settings, string field, int value)
    {
        var root = JsonNode.Parse(File.ReadAllText(settings))!;
        root["model"]![field] = value;
        File.WriteAllText(settings, root.ToJsonString());
    }

    // After each token of the text.
    private static async Task<List<NextTokenDistribution>> DistributionsAsync(DecoderHost host)
    {
        using var call = host.Client.Step(DecoderHost.Options);
        var first = (await DecoderHost.ExchangeAsync(call, DecoderHost.Open(Text[..1]))).Distribution;
        List<NextTokenDistribution> distributions = [first, .. await ContinueAsync(call)];
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        return distributions;
    }

    private static async Task<List<NextTokenDistribution>> ContinueAsync(AsyncDuplexStreamingCall<StepRequest, StepResponse> call)
    {
        List<NextTokenDistribution> distributions = [];
        foreach (var token in Text[1..])
        {
            distributions.Add((await DecoderHost.ExchangeAsync(call, DecoderHost.Append(token))).Distribution);
        }

        return distributions;
    }

    private static async Task<LoadDecoderResponse> ReloadAsync(DecoderHost host) =>
        await new DecoderControl.DecoderControlClient(host.Channel).LoadDecoderAsync(new LoadDecoderRequest { Model = "tiny", Reload = true }, DecoderHost.Options);

    // The old model goes after its last stream has ended, in its own time.
    private static async Task WaitForRoomAsync(DecoderHost host)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await ReloadAsync(host);
                return;
            }
            catch (RpcException error) when (error.StatusCode == StatusCode.FailedPrecondition && watch.Elapsed < DecoderHost.Patience)
            {
            }
        }
    }
}
