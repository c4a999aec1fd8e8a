using System.Security.Cryptography;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Onnx;
using GenAiLab.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Health.V1;

namespace GenAiLab.Decoder.Tests;

/// <summary>Folders that are broken or hostile are refused by name, before they are run; the others serve.</summary>
public sealed class FolderTests
{
    public static TheoryData<string, Action<string>> Broken => new()
    {
        { "model.onnx", static folder => File.Delete(Path.Combine(folder, "model.onnx")) },
        { "model.onnx", static folder => Truncate(folder, "model.onnx") },
        { "model.onnx", static folder => File.WriteAllText(Path.Combine(folder, "model.onnx"), "no model") },
        { "model.onnx", static folder => File.WriteAllBytes(Path.Combine(folder, "model.onnx"), []) },
        { "genai_config.json", static folder => Truncate(folder, "genai_config.json") },
        { "genai_config.json", static folder => Configure(folder, TinyModel.Settings() with { ContextLength = 1 << 20, HeadSize = 1024, Layers = 1024 }) },
        { "model.onnx", static folder => Configure(folder, TinyModel.Settings() with { VocabularySize = 97 }) },
        { "model.onnx", static folder => Configure(folder, TinyModel.Settings() with { Layers = 3 }) },
        { "model.onnx", static folder => Configure(folder, TinyModel.Settings() with { Layers = 1 }) },
        { "model.onnx", static folder => Configure(folder, TinyModel.Settings() with { KeyValueHeads = 4 }) },
        { "model.onnx", static folder => Configure(folder, TinyModel.Settings(contextLength: 64)) },
        { "model.onnx", static folder => Change(folder, static graph => graph.Input[0].Type.TensorType.ElemType = (int)OnnxElementType.Float) },
        { "outside", static folder => External(folder, "../secret.bin") },
        { "outside", static folder => External(folder, "/etc/hostname") },
        { "weights.bin", static folder => External(folder, "weights.bin") },
        {
            "weights.bin", static folder =>
            {
                External(folder, "weights.bin");
                File.WriteAllBytes(Path.Combine(folder, "weights.bin"), new byte[16]);
            }
        },
        {
            "outside", static folder =>
            {
                External(folder, "weights.bin");
                File.CreateSymbolicLink(Path.Combine(folder, "weights.bin"), "/etc/hostname");
            }
        },
    };

    [Theory]
    [MemberData(nameof(Broken), DisableDiscoveryEnumeration = true)]
    public async Task ABrokenFolderIsNamedAndTheOthersServe(string named, Action<string> breakIt)
    {
        var root = "";
        await using var host = await DecoderHost.StartAsync(models =>
        {
            root = models;
            TinyModel.Write(models, "tiny");
            breakIt(TinyModel.Write(models, "broken"));
        });
        var list = await host.Client.ListDecodersAsync(new ListDecodersRequest(), DecoderHost.Options);
        var broken = list.Decoders.Single(static decoder => decoder.Name == "broken");
        Assert.Equal(ModelState.Failed, broken.State);
        Assert.Contains(named, broken.Failure, StringComparison.Ordinal);
        Assert.DoesNotContain(root, broken.Failure, StringComparison.Ordinal);
        Assert.Equal(ModelState.Ready, list.Decoders.Single(static decoder => decoder.Name == "tiny").State);

        var request = new GenerateTokensRequest { Model = "broken", Prompt = DecoderHost.Ids(1), Sampling = new SamplingProgram { Temperature = 0 } };
        Assert.Equal(StatusCode.FailedPrecondition, (await DecoderHost.FailureAsync(() => host.GenerateAsync(request))).Code);
        request.Model = "";
        Assert.NotEmpty(await host.GenerateAsync(request));
    }

    [Fact]
    public async Task TheListSaysWhatAModelIs()
    {
        var sha256 = "";
        await using var host = await DecoderHost.StartAsync(root =>
        {
            var folder = TinyModel.Write(root, "tiny");
            File.WriteAllText(Path.Combine(folder, "tokenizer.json"), "{}");
            sha256 = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(folder, "model.onnx"))));
        });
        var list = await host.Client.ListDecodersAsync(new ListDecodersRequest(), DecoderHost.Options);
        Assert.Equal("tiny", list.DefaultDecoder);
        Assert.Equal(
            new DecoderDescription
            {
                Name = "tiny",
                State = ModelState.Ready,
                ContextLength = 48,
                VocabularySize = 96,
                Vocabulary = "tiny",
                EndOfSequenceIds = { 0 },
                Slots = 16,
                SlotBytes = 2 * 2 * 2 * 48 * 16 * 4,
                CacheBytes = 16 * 2 * 2 * 2 * 48 * 16 * 4,
                WeightFormat = "fp32",
                ExecutionProvider = "CPU",
                Determinism = Determinism.Batched,
                Card = new ModelCard
                {
                    Layout = ModelLayout.Genai,
                    CacheForm = CacheForm.Shared,
                    CacheType = "fp32",
                    WeightFormat = "fp32",
                    Defaults = new GenerationDefaults { Temperature = 1, TopK = 0, TopP = 1, RepetitionPenalty = 1 },
                    HasHiddenStates = true,
                },
                GraphSha256 = sha256,
                PromptFormat = "fp32",
            },
            list.Decoders.Single());
    }

    [Fact]
    public async Task TheListSaysHowManyTokensOpenAndEndedStreamsHold()
    {
        await using var host = await DecoderHost.StartAsync();
        using var running = host.Client.Step(DecoderHost.Options);
        await DecoderHost.ExchangeAsync(running, DecoderHost.Open([1, 2, 3]));
        var open = await host.ListedAsync(static listed => listed.TokensInUse > 0, "tokens in use");
        Assert.Equal((3, 0, 1), (open.TokensInUse, open.CachedTokens, open.SlotsInUse));

        await running.RequestStream.CompleteAsync();
        var ended = await host.ListedAsync(static listed => listed.SlotsInUse == 0, "no slots in use");
        Assert.Equal((0, 3), (ended.TokensInUse, ended.CachedTokens));
    }

    [Fact]
    public async Task HealthIsServingOnceAModelIsLoaded()
    {
        await using var host = await DecoderHost.StartAsync();
        await WaitForHealthAsync(host, HealthCheckResponse.Types.ServingStatus.Serving);
    }

    [Fact]
    public async Task WithoutAUsableModelTheServiceSaysWhyAndDoesNotServe()
    {
        await using var host = await DecoderHost.StartAsync(static root => Truncate(TinyModel.Write(root, "tiny"), "model.onnx"));
        Assert.Contains("model.onnx", host.Readiness.Obstacle, StringComparison.Ordinal);
        await WaitForHealthAsync(host, HealthCheckResponse.Types.ServingStatus.NotServing);
        Assert.Equal(StatusCode.FailedPrecondition, (await DecoderHost.FailureAsync(() => host.GenerateAsync(new GenerateTokensRequest()))).Code);
    }

    // The publisher of health runs once a second: watching it beats asking.
    private static async Task WaitForHealthAsync(DecoderHost host, HealthCheckResponse.Types.ServingStatus wanted)
    {
        using var watch = new Health.HealthClient(host.Channel).Watch(new HealthCheckRequest(), DecoderHost.Options);
        while (await watch.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
        {
            if (watch.ResponseStream.Current.Status == wanted)
            {
                return;
            }
        }

        Assert.Fail($"never {wanted}");
    }

    private static void Truncate(string folder, string file)
    {
        using var stream = File.OpenWrite(Path.Combine(folder, file));
        stream.SetLength(stream.Length / 2);
    }

    private static void Configure(string folder, DecoderConfig settings) =>
        File.WriteAllText(Path.Combine(folder, GenAiConfig.FileName), GenAiConfig.ToJson(settings));

    private static void Change(string folder, Action<GraphProto> change)
    {
        var model = TinyModel.Graph();
        change(model.Graph);
        File.WriteAllBytes(Path.Combine(folder, "model.onnx"), model.ToByteArray());
    }

    private static void External(string folder, string location) => Change(folder, graph =>
    {
        var tensor = graph.Initializer.Single(static tensor => tensor.Name == "embedding");
        var length = tensor.RawData.Length;
        tensor.RawData = ByteString.Empty;
        tensor.DataLocation = 1; // External.
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = location });
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = "0" });
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "length", Value = $"{length}" });
    });
}
