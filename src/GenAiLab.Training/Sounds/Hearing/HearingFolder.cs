using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using GenAiLab.Media.Sounds;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Onnx;
using GenAiLab.Training.Classification;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace GenAiLab.Training.Sounds.Hearing;

/// <summary>A trained classifier of sounds as a model folder by Wav2Vec2's convention, and what that folder answers.</summary>
public static class HearingFolder
{
    private const string GraphFile = "model.onnx";
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    /// <summary>Writes everything but the model card.</summary>
    /// <param name="folder">The model folder; created when absent.</param>
    /// <param name="graph">The serving graph.</param>
    /// <param name="labels">Names of the labels, by index of the logit.</param>
    public static void Write(string folder, ModelProto graph, IReadOnlyList<string> labels)
    {
        AtomicFile.Write(Path.Combine(folder, GraphFile), stream => graph.WriteTo(stream));
        AtomicFile.WriteText(Path.Combine(folder, "config.json"), Configuration(labels));
        AtomicFile.WriteText(Path.Combine(folder, "preprocessor_config.json"), Preprocessor());
    }

    /// <summary>What a folder's graph answers: p(label) of each sound at 16,000 samples a second, cut or filled with silence to a second.</summary>
    public static IReadOnlyList<float[]> Classify(string folder, IEnumerable<float[]> sounds)
    {
        using var session = new InferenceSession(Path.Combine(folder, GraphFile));
        using var run = new RunOptions();
        return [.. sounds.Select(Classify)];

        float[] Classify(float[] sound)
        {
            var second = new float[LogMelGraph.Samples];
            sound.AsSpan(0, Math.Min(sound.Length, second.Length)).CopyTo(second);
            using var value = OrtValue.CreateTensorValueFromMemory(second, [1, second.Length]);
            using var outputs = session.Run(run, ["input_values"], [value], ["logits"]);
            return Softmax.Of(outputs[0].GetTensorDataAsSpan<float>());
        }
    }

    private static string Configuration(IReadOnlyList<string> labels)
    {
        var (byId, byLabel) = (new JsonObject(), new JsonObject());
        foreach (var (at, label) in labels.Index())
        {
            byId[at.ToString(CultureInfo.InvariantCulture)] = label;
            byLabel[label] = at;
        }

        return new JsonObject
        {
            ["architectures"] = new JsonArray("GenAiLabForAudioClassification"),
            ["model_type"] = "genailab-hear",
            ["id2label"] = byId,
            ["label2id"] = byLabel,
        }.ToJsonString(Json) + "\n";
    }

    private static string Preprocessor() => new JsonObject
    {
        ["feature_extractor_type"] = "Wav2Vec2FeatureExtractor",
        ["feature_size"] = 1,
        ["sampling_rate"] = SoundCodec.Rate,
        ["padding_value"] = 0.0,
        ["padding_side"] = "right",
        ["do_normalize"] = false,
        ["return_attention_mask"] = false,
    }.ToJsonString(Json) + "\n";
}
