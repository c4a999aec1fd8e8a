using System.Globalization;
using System.Numerics.Tensors;
using System.Text.Json;
using System.Text.Json.Nodes;
using GenAiLab.Media.Pictures;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Onnx;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace GenAiLab.Training.Pictures.Seeing;

/// <summary>A trained classifier of pictures as a model folder by Optimum's convention, and what that folder answers.</summary>
public static class SeeingFolder
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

    /// <summary>What a folder's graph answers: p(label) of each picture.</summary>
    public static IReadOnlyList<float[]> Classify(string folder, IEnumerable<Picture> pictures)
    {
        using var session = new InferenceSession(Path.Combine(folder, GraphFile));
        using var run = new RunOptions();
        return [.. pictures.Select(Classify)];

        float[] Classify(Picture picture)
        {
            var pixels = new float[3 * picture.Width * picture.Height];
            SeeingTraining.Spread(picture, pixels);
            using var value = OrtValue.CreateTensorValueFromMemory(pixels, [1, 3, picture.Height, picture.Width]);
            using var outputs = session.Run(run, ["pixel_values"], [value], ["logits"]);
            var logits = outputs[0].GetTensorDataAsSpan<float>();
            var probabilities = new float[logits.Length];
            // SoftMax takes the exponentials as they are, and those of a sure classifier overflow.
            TensorPrimitives.Subtract(logits, TensorPrimitives.Max(logits), probabilities);
            TensorPrimitives.SoftMax(probabilities, probabilities);
            return probabilities;
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
            ["architectures"] = new JsonArray("GenAiLabForImageClassification"),
            ["model_type"] = "genailab-see",
            ["id2label"] = byId,
            ["label2id"] = byLabel,
            ["image_size"] = Artist.Side,
            ["num_channels"] = 3,
        }.ToJsonString(Json) + "\n";
    }

    // Drawings keep their pixels; whatever else is shown is scaled to their size.
    private static string Preprocessor() => new JsonObject
    {
        ["image_processor_type"] = "ViTImageProcessor",
        ["do_resize"] = true,
        ["size"] = new JsonObject { ["height"] = Artist.Side, ["width"] = Artist.Side },
        ["resample"] = 2,
        ["do_rescale"] = true,
        ["rescale_factor"] = 1 / 255.0,
        ["do_normalize"] = true,
        ["image_mean"] = new JsonArray(0.5, 0.5, 0.5),
        ["image_std"] = new JsonArray(0.5, 0.5, 0.5),
    }.ToJsonString(Json) + "\n";
}
