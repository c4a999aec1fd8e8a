using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using GenAiLab.Models.Onnx;
using Google.Protobuf;

namespace GenAiLab.Classifier.Tests;

/// <summary>A classifier whose logits are the sums of a table's rows, one row for each token id.</summary>
internal static class TinyClassifier
{
    public const int Vocabulary = 256;
    public const int Context = 16;
    public const string TokenizerJson = "{ \"model\": \"bytes\" }";
    public static readonly string[] Labels = ["vowel", "consonant", "other"];

    public static string Sha256 => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(TokenizerJson)));

    /// <summary>The logits of one byte: its kind counts 1.5, the rest 0.25.</summary>
    public static float[] Row(int id)
    {
        var kind = "aeiou".Contains((char)id) ? 0 : char.IsAsciiLetter((char)id) ? 1 : 2;
        return [.. Enumerable.Range(0, Labels.Length).Select(label => label == kind ? 1.5f : 0.25f)];
    }

    public static string Write(string models, string name = "lab-topics", int rows = Vocabulary, float scale = 1)
    {
        var folder = Directory.CreateDirectory(Path.Combine(models, name)).FullName;
        WriteConfig(folder, Config());
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), TokenizerJson);
        var graph = new OnnxGraphBuilder("tiny");
        graph.Input("input_ids", OnnxElementType.Int64, "batch", "sequence");
        graph.Input("attention_mask", OnnxElementType.Int64, "batch", "sequence");
        graph.Floats("table", [.. Enumerable.Range(0, rows).SelectMany(Row).Select(value => value * scale)], rows, Labels.Length);
        var mask = graph.Node("Unsqueeze", [graph.Node("Cast", ["attention_mask"], ("to", (int)OnnxElementType.Float)), graph.Integers(2)]);
        var kept = graph.Node("Mul", [graph.Node("Gather", ["table", "input_ids"], ("axis", 0)), mask]);
        graph.Add("ReduceSum", "", [kept, graph.Integers(1)], ["logits"], ("keepdims", 0));
        graph.Output("logits", OnnxElementType.Float, "batch", Labels.Length);
        File.WriteAllBytes(Path.Combine(folder, "model.onnx"), graph.Build().ToByteArray());
        return folder;
    }

    public static Dictionary<string, object> Config() => new()
    {
        ["model_type"] = "genailab-tiny",
        ["id2label"] = Labels.Index().ToDictionary(static label => $"{label.Index}", static label => label.Item),
        ["max_position_embeddings"] = Context,
        ["vocab_size"] = Vocabulary,
    };

    public static void WriteConfig(string folder, Dictionary<string, object> config) =>
        File.WriteAllText(Path.Combine(folder, "config.json"), JsonSerializer.Serialize(config));
}
