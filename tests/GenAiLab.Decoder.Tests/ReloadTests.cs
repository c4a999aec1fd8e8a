using System.Diagnostics;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Llama;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Decoder.Tests;

/// <summary>The folder of a model that serves is read once more.</summary>
public sealed class ReloadTests
{
    private const int OtherContext = 40;

    [Fact]
    public async Task TheNewModelTakesThePlaceAndStreamsEndOnTheOldOneWhichIsFreedThen()
    {
        var root = "";

        // Room for two, not for three.
        await using var host = await DecoderHost.StartAsync(
            folder => TinyModel.Write(root = folder, "tiny"), ("Decoder:Slots", "2"), ("Decoder:MemoryBudgetBytes", "600000"));
        var (first, second) = await DistributionsAsync(host);
        using var running = host.Client.Step(DecoderHost.Options);
        Assert.Equal(first, (await DecoderHost.ExchangeAsync(running, DecoderHost.Open([1]))).Distribution);
        WriteOther(root);

        var reloaded = (await ReloadAsync(host)).Decoder;

        Assert.Equal((ModelState.Ready, OtherContext), (reloaded.State, reloaded.ContextLength));
        Assert.NotEqual(first, (await DistributionsAsync(host)).First);
        Assert.Equal(second, (await DecoderHost.ExchangeAsync(running, DecoderHost.Append(2))).Distribution);
        var full = await Assert.ThrowsAsync<RpcException>(() => ReloadAsync(host));
        Assert.Equal(StatusCode.FailedPrecondition, full.StatusCode);
        Assert.Contains("Decoder:MemoryBudgetBytes", full.Status.Detail, StringComparison.Ordinal);

        await running.RequestStream.CompleteAsync();
        Assert.False(await running.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        await WaitForRoomAsync(host);
    }

    [Theory]
    [InlineData("truncated graph", "model.onnx")]
    [InlineData("no graph", "model.onnx")]
    [InlineData("truncated settings", GenAiConfig.FileName)]
    [InlineData("a window that its tables do not have", "model.onnx")]
    public async Task ACorruptFolderIsRefusedWithTheReasonAndTheOldModelServesOn(string damage, string file)
    {
        var root = "";
        await using var host = await DecoderHost.StartAsync(folder => TinyModel.Write(root = folder, "tiny"));
        var (first, second) = await DistributionsAsync(host);
        using var running = host.Client.Step(DecoderHost.Options);
        await DecoderHost.ExchangeAsync(running, DecoderHost.Open([1]));
        Damage(Path.Combine(root, "tiny"), damage);

        var refusal = await Assert.ThrowsAsync<RpcException>(() => ReloadAsync(host));

        Assert.Equal(StatusCode.FailedPrecondition, refusal.StatusCode);
        Assert.Contains(file, refusal.Status.Detail, StringComparison.Ordinal);
        Assert.Contains("goes on serving", refusal.Status.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain(Path.GetTempPath(), refusal.Status.Detail, StringComparison.Ordinal);
        var listed = (await host.Client.ListDecodersAsync(new ListDecodersRequest(), DecoderHost.Options)).Decoders.Single();
        Assert.Equal((ModelState.Ready, ""), (listed.State, listed.Failure));
        Assert.True(host.Readiness.IsReady);
        Assert.Equal((first, second), await DistributionsAsync(host));
        Assert.Equal(second, (await DecoderHost.ExchangeAsync(running, DecoderHost.Append(2))).Distribution);

        WriteOther(root);
        Assert.Equal(OtherContext, (await ReloadAsync(host)).Decoder.ContextLength);
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
            case "no graph":
                File.Delete(graph);
                break;
            case "truncated settings":
                File.WriteAllText(settings, File.ReadAllText(settings)[..20]);
                break;
            default:
                File.WriteAllText(settings, GenAiConfig.ToJson(TinyModel.Settings(contextLength: 500)));
                break;
        }
    }

    // After the prompt 1, and after a 2 behind it.
    private static async Task<(NextTokenDistribution First, NextTokenDistribution Second)> DistributionsAsync(DecoderHost host)
    {
        using var call = host.Client.Step(DecoderHost.Options);
        var first = (await DecoderHost.ExchangeAsync(call, DecoderHost.Open([1]))).Distribution;
        var second = (await DecoderHost.ExchangeAsync(call, DecoderHost.Append(2))).Distribution;
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        return (first, second);
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
