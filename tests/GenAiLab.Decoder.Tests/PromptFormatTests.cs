using GenAiLab.Decoder.Graphs;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Onnx;
using GenAiLab.Models.Quantization;
using GenAiLab.V1;
using Google.Protobuf;

namespace GenAiLab.Decoder.Tests;

/// <summary>A model that is held twice: prompts give what the one form gives, and what is generated what the other gives.</summary>
public sealed class PromptFormatTests : IDisposable
{
    private const int External = 1;
    private static readonly int[] Prompt = [.. Enumerable.Range(0, 16).Select(static at => (at * 7 % 95) + 1)];
    private readonly string _root = Directory.CreateTempSubdirectory("genailab-prompts-").FullName;

    [Theory]
    [InlineData("int4", "int8-dynamic", false)]
    [InlineData("int8", "fp32", false)]
    [InlineData("fp32", "int8", true)]
    public void PromptsRunInOneFormAndTokensInTheOther(string format, string promptFormat, bool beside)
    {
        using var tokens = Load(format, "", beside);
        using var prompts = Load(promptFormat, "", beside);
        using var both = Load(format, promptFormat, beside);
        Assert.Equal((format, promptFormat), (both.WeightFormat, both.PromptFormat));
        float[] logits = [.. both.Prefill(0, 0, Prompt, 2)];
        Assert.Equal(prompts.Prefill(0, 0, Prompt, 2).ToArray(), logits);
        Assert.NotEqual(tokens.Prefill(0, 0, Prompt, 2).ToArray(), logits);
        // From nothing, in another slot than the prompt.
        logits = [.. both.Decode(1, [5], [0]), .. both.Append(1, 1, Prompt, 2)];
        Assert.Equal([.. tokens.Decode(1, [5], [0]), .. tokens.Append(1, 1, Prompt, 2)], logits);
        Assert.NotEqual([.. prompts.Decode(1, [5], [0]), .. prompts.Append(1, 1, Prompt, 2)], logits);
    }

    [Fact]
    public async Task AStreamIsTheSameAloneAndInCompanyAndWithAPrefix()
    {
        await using var host = await DecoderHost.StartAsync(settings: [("Decoder:WeightFormat", "int8"), ("Decoder:PromptFormat", "int8-dynamic"), ("Decoder:Slots", "5"), ("Decoder:PrefillChunk", "16")]);
        var description = (await host.Client.ListDecodersAsync(new ListDecodersRequest(), DecoderHost.Options)).Decoders.Single();
        Assert.Equal(("int8", "int8-dynamic", Determinism.Batched), (description.WeightFormat, description.PromptFormat, description.Determinism));
        var requests = Enumerable.Range(0, 8).Select(static at => new GenerateTokensRequest
        {
            Prompt = DecoderHost.Ids(Prompt.Concat(Enumerable.Range(1, 1 + (2 * at)))),
            Sampling = new SamplingProgram { Seed = (ulong)at, Temperature = 1.5f },
            Alternatives = 3,
            IgnoreEndOfSequence = true,
        }).ToList();
        var alone = new List<List<SampledToken>>();
        foreach (var request in requests)
        {
            var uncached = request.Clone();
            uncached.Admission = new Admission { BypassPrefixCache = true };
            alone.Add([.. (await host.GenerateAsync(uncached)).Select(static response => response.Token)]);
        }

        var together = await Task.WhenAll(requests.Select(host.GenerateAsync));
        Assert.All(together.Zip(alone), static pair => Assert.Equal(pair.Second, pair.First.Select(static response => response.Token)));
    }

    [Fact]
    public void WeightsThatAreInFewBitsAlreadyAreRefused()
    {
        var graph = TinyModel.Graph();
        WeightQuantization.Apply(graph, ".", WeightFormat.Int4);
        var folder = TinyModel.Write(_root, "quantised", graph);
        var error = Assert.Throws<ModelFolderException>(() => Load(folder, new DecoderOptions { PromptFormat = "int8" }));
        Assert.Contains("quantised already", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private DecoderGraph Load(string format, string promptFormat, bool beside)
    {
        var folder = TinyModel.Write(_root, "tiny");
        if (beside)
        {
            PutWeightsBeside(folder);
        }

        return Load(folder, new DecoderOptions { WeightFormat = format, PromptFormat = promptFormat });
    }

    private static DecoderGraph Load(string folder, DecoderOptions options)
    {
        options.Slots = 2;
        options.PrefillChunk = Prompt.Length;
        return DecoderGraphLoading.Load(folder, options, 1L << 30);
    }

    private static void PutWeightsBeside(string folder)
    {
        var file = Path.Combine(folder, "model.onnx");
        var model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(file));
        using var weights = File.Create(Path.Combine(folder, "model.onnx.data"));
        foreach (var tensor in model.Graph.Initializer.Where(static tensor => tensor.Dims.Count == 2))
        {
            var bytes = tensor.RawData;
            tensor.RawData = ByteString.Empty;
            tensor.DataLocation = External;
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = "model.onnx.data" });
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = $"{weights.Position}" });
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "length", Value = $"{bytes.Length}" });
            weights.Write(bytes.Span);
        }

        File.WriteAllBytes(file, model.ToByteArray());
    }
}
