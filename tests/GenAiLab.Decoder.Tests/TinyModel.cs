using System.Runtime.InteropServices;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Llama;
using GenAiLab.Models.Onnx;
using Google.Protobuf;

namespace GenAiLab.Decoder.Tests;

/// <summary>Folders with a small model of random weights.</summary>
internal static class TinyModel
{
    /// <summary>At this position the graph of <see cref="WriteFailing"/> computes numbers that are none.</summary>
    public const int FailingPosition = 12;

    public static readonly LlamaConfig Config = new(
        VocabularySize: 96, HiddenSize: 32, Layers: 2, Heads: 4, KeyValueHeads: 2, HeadSize: 16, IntermediateSize: 48, ContextLength: 48);

    public static ModelProto Graph(int contextLength = 48) => LlamaServingGraph.Build(Config with { ContextLength = contextLength }, Weights());

    public static Dictionary<string, float[]> Weights()
    {
        var random = new Random(7);
        return Config.Parameters().ToDictionary(
            static parameter => parameter.Name,
            parameter => Enumerable.Range(0, parameter.Length).Select(_ => parameter.IsMatrix ? (random.NextSingle() - 0.5f) * 1.2f : 1f).ToArray());
    }

    public static DecoderConfig Settings(int contextLength = 48, int endOfSequence = 0) => new()
    {
        BosTokenId = 0,
        PadTokenId = 0,
        EosTokenIds = [endOfSequence],
        ContextLength = contextLength,
        VocabularySize = Config.VocabularySize,
        HeadSize = Config.HeadSize,
        HiddenSize = Config.HiddenSize,
        Heads = Config.Heads,
        KeyValueHeads = Config.KeyValueHeads,
        Layers = Config.Layers,
    };

    public static string Write(string root, string name, ModelProto? graph = null, DecoderConfig? settings = null)
    {
        var folder = Directory.CreateDirectory(Path.Combine(root, name)).FullName;
        File.WriteAllBytes(Path.Combine(folder, "model.onnx"), (graph ?? Graph()).ToByteArray());
        File.WriteAllText(Path.Combine(folder, GenAiConfig.FileName), GenAiConfig.ToJson(settings ?? Settings()));
        return folder;
    }

    // The rotary table is NaN from one position on: only streams that get that far fail.
    public static void WriteFailing(string root, string name)
    {
        var graph = Graph();
        var table = graph.Graph.Initializer.Single(static tensor => tensor.Name == "cos_cache");
        var values = MemoryMarshal.Cast<byte, float>(table.RawData.Span).ToArray();
        values.AsSpan(FailingPosition * Config.HeadSize / 2).Fill(float.NaN);
        table.RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes(values.AsSpan()));
        Write(root, name, graph);
    }
}
