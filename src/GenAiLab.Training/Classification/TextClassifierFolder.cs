using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Onnx;
using GenAiLab.Models.Tokenization;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace GenAiLab.Training.Classification;

/// <summary>A trained classifier as a model folder, and what that folder answers.</summary>
public static class TextClassifierFolder
{
    private const string GraphFile = "model.onnx";
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    /// <summary>Writes everything but the model card.</summary>
    /// <param name="folder">The model folder; created when absent.</param>
    /// <param name="graph">The serving graph.</param>
    /// <param name="tokenizer">The vocabulary.</param>
    /// <param name="labels">Names of the labels, by index of the logit.</param>
    /// <param name="options">Options of the run.</param>
    /// <param name="architecture">What kind of classifier it is, such as "topic".</param>
    public static void Write(
        string folder, ModelProto graph, ByteLevelBpe tokenizer, IReadOnlyList<string> labels, TextClassifierOptions options, string architecture)
    {
        AtomicFile.Write(Path.Combine(folder, GraphFile), stream => graph.WriteTo(stream));
        tokenizer.Save(folder);
        AtomicFile.WriteText(Path.Combine(folder, "config.json"), Configuration(options, tokenizer.VocabularySize, labels, architecture));
    }

    /// <summary>What a folder's graph answers: p(label) of each text.</summary>
    /// <param name="folder">The model folder.</param>
    /// <param name="texts">Token ids of each.</param>
    /// <param name="length">Tokens of a text that count.</param>
    public static IReadOnlyList<float[]> Classify(string folder, IEnumerable<int[]> texts, int length)
    {
        using var session = new InferenceSession(Path.Combine(folder, GraphFile));
        using var run = new RunOptions();
        return [.. texts.Select(Classify)];

        float[] Classify(int[] text)
        {
            var ids = text.Take(length).Select(static id => (long)id).ToArray();
            using var idValue = OrtValue.CreateTensorValueFromMemory(ids, [1, ids.Length]);
            using var maskValue = OrtValue.CreateTensorValueFromMemory(Enumerable.Repeat(1L, ids.Length).ToArray(), [1, ids.Length]);
            using var outputs = session.Run(run, ["input_ids", "attention_mask"], [idValue, maskValue], ["logits"]);
            return Softmax.Of(outputs[0].GetTensorDataAsSpan<float>());
        }
    }

    private static string Configuration(TextClassifierOptions options, int vocabulary, IReadOnlyList<string> labels, string architecture)
    {
        var (byId, byLabel) = (new JsonObject(), new JsonObject());
        for (var at = 0; at < labels.Count; at++)
        {
            byId[at.ToString(CultureInfo.InvariantCulture)] = labels[at];
            byLabel[labels[at]] = at;
        }

        return new JsonObject
        {
            ["architectures"] = new JsonArray($"GenAiLab{char.ToUpperInvariant(architecture[0])}{architecture[1..]}Classifier"),
            ["model_type"] = $"genailab-{architecture}-classifier",
            ["id2label"] = byId,
            ["label2id"] = byLabel,
            ["max_position_embeddings"] = options.Length,
            ["vocab_size"] = vocabulary,
            ["hidden_size"] = options.Width,
        }.ToJsonString(Json) + "\n";
    }
}
