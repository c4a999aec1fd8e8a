using System.Diagnostics;
using GenAiLab.Decoder.Graphs;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Onnx;
using GenAiLab.Models.Quantization;
using Google.Protobuf;
using JsonObject = System.Text.Json.Nodes.JsonObject;

namespace GenAiLab.Decoder.Tests.Foreign;

/// <summary>Folders that are whole but of another kind, or made to harm: each is refused by the name of what is wrong.</summary>
public sealed class TrapTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("trap-").FullName;

    public static TheoryData<string, Action<JsonObject>> OtherGenAiModels => new()
    {
        { "model.encoder", static config => config["model"]!["encoder"] = new JsonObject { ["filename"] = "encoder.onnx" } },
        { "model.vision", static config => config["model"]!["vision"] = new JsonObject { ["filename"] = "vision.onnx" } },
        { "model.embedding", static config => config["model"]!["embedding"] = new JsonObject { ["filename"] = "embedding.onnx" } },
        { "model.decoder.pipeline", static config => config["model"]!["decoder"]!["pipeline"] = new System.Text.Json.Nodes.JsonArray(new JsonObject()) },
        { "model.decoder.sliding_window", static config => config["model"]!["decoder"]!["sliding_window"] = new JsonObject { ["window_size"] = 16 } },
        { "model.decoder.inputs.inputs_embeds", static config => config["model"]!["decoder"]!["inputs"]!["inputs_embeds"] = "inputs_embeds" },
        { "model.decoder.inputs.past_names", static config => config["model"]!["decoder"]!["inputs"]!["past_names"] = "past_%d" },
        { "model.decoder.inputs.past_key_names", static config => config["model"]!["decoder"]!["inputs"]!["past_key_names"] = "past_key" },
        { "model.decoder.filename", static config => config["model"]!["decoder"]!["filename"] = "../model.onnx" },
        { "model.eos_token_id", static config => config["model"]!["eos_token_id"] = null },
        { "model.eos_token_id", static config => config["model"]!["eos_token_id"] = 96 },
        { "model.context_length", static config => config["model"]!["context_length"] = 0 },
        { "model.context_length", static config => config["model"]!["context_length"] = 64 },
        { "model.vocab_size", static config => config["model"]!["vocab_size"] = 97 },
        { "model.decoder.num_hidden_layers", static config => config["model"]!["decoder"]!["num_hidden_layers"] = 3 },
        { "model.decoder.num_key_value_heads", static config => config["model"]!["decoder"]!["num_key_value_heads"] = 4 },
        { "search.temperature", static config => config["search"]!["temperature"] = -1 },
        { "search.do_sample", static config => config["search"]!["do_sample"] = "yes" },
    };

    public static TheoryData<string, Action<JsonObject>> OtherOptimumModels => new()
    {
        { "is_encoder_decoder", static config => config["is_encoder_decoder"] = true },
        { "vision_config", static config => config["vision_config"] = new JsonObject() },
        { "text_config", static config => config["text_config"] = new JsonObject() },
        { "max_position_embeddings", static config => config["max_position_embeddings"] = null },
        { "vocab_size", static config => config["vocab_size"] = 95 },
        { "num_hidden_layers", static config => config["num_hidden_layers"] = 1 },
        { "num_key_value_heads", static config => config["num_key_value_heads"] = 4 },
        { "bos_token_id", static config => config["bos_token_id"] = 96 },
    };

    public static TheoryData<string, Action<ModelProto>> GenAiGraphs => new()
    {
        { "Loop", static model => model.Graph.Node.Add(new NodeProto { OpType = "Loop", Output = { "x" } }) },
        { "ConstantOfShape", static model => AddSized(model, "ConstantOfShape", 1 << 20, 1 << 20) },
        { "Expand", static model => AddSized(model, "Expand", long.MaxValue) },
        { "positions", static model => Attention(model).Input.Add("Cast_4") },
        { "rotary tables", static model => Shorten(model, "cos_cache") },
        { "not as long", static model => model.Graph.Initializer[^1].Dims[0] = 1 << 20 },
        { "not as long", static model => model.Graph.Initializer[^1].Dims[0] = -1 },
        { "not supported", static model => AddInput(model) },
        { "past_key_values.N.key", static model => Rename(model, "past_key_values", "past") },
        { "32-bit or 16-bit floats", static model => model.Graph.Input.First(static input => input.Name.StartsWith("past", StringComparison.Ordinal)).Type.TensorType.ElemType = 3 },
        { "dimensions", static model => model.Graph.Output.First(static output => output.Name == "logits").Type.TensorType.Shape.Dim.RemoveAt(0) },
        { "same name", static model => model.Graph.Initializer.Add(model.Graph.Initializer[^1].Clone()) },
        { "length that varies", static model => model.Graph.Input.First(static input => input.Name == "input_ids").Type.TensorType.Shape.Dim[1] = new TensorShapeProto.Types.Dimension { DimValue = 1 } },
        { "outside the folder", static model => Externalize(model, "*/_ORT_MEM_ADDR_/*") },
        { "outside the folder", static model => Externalize(model, "folder/secret") },
        { "the file is empty", static model => Externalize(model, "pipe") },
        { "says twice", static model => Externalize(model, "inside", "../secret") },
    };

    [Theory]
    [MemberData(nameof(OtherGenAiModels), DisableDiscoveryEnumeration = true)]
    public void AModelOfAnotherKindIsNamedByItsField(string field, Action<JsonObject> change)
    {
        ForeignFolder.WriteGenAi(_root, new GenAiGraph().Build());
        var config = ForeignFolder.GenAiConfiguration();
        change(config);
        File.WriteAllText(Path.Combine(_root, GenAiConfig.FileName), config.ToJsonString());
        AssertRefused(field);
    }

    [Theory]
    [MemberData(nameof(OtherOptimumModels), DisableDiscoveryEnumeration = true)]
    public void AModelOfAnotherKindIsNamedByItsFieldInConfigJson(string field, Action<JsonObject> change)
    {
        ForeignFolder.WriteOptimum(_root, new OptimumGraph().Build(), "");
        var config = ForeignFolder.Configuration();
        change(config);
        File.WriteAllText(Path.Combine(_root, HuggingFaceConfig.FileName), config.ToJsonString());
        AssertRefused(field);
    }

    [Theory]
    [MemberData(nameof(GenAiGraphs), DisableDiscoveryEnumeration = true)]
    public void AGraphThatWouldHarmIsRefusedBeforeItRuns(string named, Action<ModelProto> change)
    {
        var secret = Path.Combine(Directory.CreateDirectory(Path.Combine(_root, "outside")).FullName, "secret");
        File.WriteAllText(secret, new string('s', 1 << 16));
        var folder = Directory.CreateDirectory(Path.Combine(_root, "model")).FullName;
        File.CreateSymbolicLink(Path.Combine(folder, "folder"), Path.GetDirectoryName(secret)!);
        File.WriteAllText(Path.Combine(folder, "inside"), new string('i', 1 << 16));
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "*", "_ORT_MEM_ADDR_")).FullName, "*"), new string('m', 1 << 16));
        using (var pipe = Process.Start("mkfifo", Path.Combine(folder, "pipe")))
        {
            pipe.WaitForExit();
        }

        var model = new GenAiGraph().Build();
        change(model);
        File.WriteAllText(Path.Combine(folder, GenAiConfig.FileName), ForeignFolder.GenAiConfiguration().ToJsonString());
        File.WriteAllBytes(Path.Combine(folder, "model.onnx"), model.ToByteArray());
        AssertRefused(named, folder);
    }

    [Fact]
    public void ADecoderInTwoGraphsIsToldToBeMerged()
    {
        ForeignFolder.WriteOptimum(_root, new OptimumGraph().Build(), "onnx", file: "decoder_with_past_model.onnx");
        AssertRefused("decoder_model_merged.onnx");
    }

    [Fact]
    public void AGraphThatIgnoresItsCacheIsRefused()
    {
        var model = new OptimumGraph { IsGpt2 = true }.Build();

        // Places count from the beginning of each run: right for a whole text only.
        var positions = new OnnxGraphBuilder("positions");
        var count = positions.Node("Gather", [positions.Node("Shape", ["input_ids"]), positions.Integers("second", [1], [])]);
        positions.Add("Range", "", [positions.Integers("first", [0], []), count, "second"], ["places"]);
        var added = positions.Build().Graph;
        model.Graph.Initializer.AddRange(added.Initializer);
        foreach (var node in model.Graph.Node.Where(static node => node.Input.Contains("position_ids")))
        {
            node.Input[node.Input.IndexOf("position_ids")] = "places";
        }

        foreach (var node in added.Node.Reverse())
        {
            model.Graph.Node.Insert(0, node);
        }

        ForeignFolder.WriteOptimum(_root, model, "", heads: 4, gpt2: true);
        AssertRefused("token by token");
    }

    [Fact]
    public void AFolderOfOptimumIsQuantisedAsOneOfOnnxruntimeGenAi()
    {
        var source = Directory.CreateDirectory(Path.Combine(_root, "source")).FullName;
        ForeignFolder.WriteOptimum(source, new OptimumGraph().Build(), "onnx", external: true);
        Assert.True(QuantizedFolder.Write(source, Path.Combine(_root, "target"), WeightFormat.Int8, replace: false) > 10);
        using var graph = DecoderGraphLoading.Load(Path.Combine(_root, "target"), new DecoderOptions { Slots = 1 }, 1L << 30);
        Assert.Equal("int8", graph.WeightFormat);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private void AssertRefused(string named, string? folder = null)
    {
        var error = Assert.Throws<ModelFolderException>(() => DecoderGraphLoading.Load(folder ?? _root, new DecoderOptions { Slots = 1, Threads = 1 }, 1L << 30).Dispose());
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(_root, error.Message, StringComparison.Ordinal);
    }

    private static NodeProto Attention(ModelProto model) => model.Graph.Node.Last(static node => node.OpType == "GroupQueryAttention");

    private static void AddSized(ModelProto model, string operation, params long[] shape)
    {
        model.Graph.Initializer.Add(new TensorProto { Name = "huge", DataType = (int)OnnxElementType.Int64, RawData = OnnxGraphBuilder.RawIntegers(shape), Dims = { shape.Length } });
        model.Graph.Node.Add(new NodeProto { OpType = operation, Name = "huge", Input = { operation == "Expand" ? ["one", "huge"] : ["huge"] }, Output = { "huge_values" } });
    }

    private static void Shorten(ModelProto model, string table)
    {
        var tensor = model.Graph.Initializer.Single(tensor => tensor.Name == table);
        (tensor.Dims[0], tensor.RawData) = (24, ByteString.CopyFrom(tensor.RawData.Span[..(tensor.RawData.Length / 2)]));
    }

    private static void AddInput(ModelProto model)
    {
        model.Graph.Input.Add(OnnxGraphBuilder.Describe("token_type_ids", OnnxElementType.Int64, "batch_size", "sequence_length"));
        var head = model.Graph.Node.Single(static node => node.Output.Contains("logits"));
        model.Graph.Node.Insert(0, new NodeProto { OpType = "Cast", Name = "types", Input = { "token_type_ids" }, Output = { "types" }, Attribute = { new AttributeProto { Name = "to", I = 1, Type = AttributeProto.Types.AttributeType.Int } } });
        head.OpType = "Add";
        head.Input.Add("types");
    }

    private static void Rename(ModelProto model, string from, string to)
    {
        foreach (var input in model.Graph.Input)
        {
            input.Name = input.Name.Replace(from, to, StringComparison.Ordinal);
        }
    }

    private static void Externalize(ModelProto model, params string[] locations)
    {
        var tensor = model.Graph.Initializer.Single(static tensor => tensor.Name == "cos_cache");
        (tensor.RawData, tensor.DataLocation) = (ByteString.Empty, 1);
        tensor.ExternalData.AddRange(locations.Select(static location => new StringStringEntryProto { Key = "location", Value = location }));
    }
}
