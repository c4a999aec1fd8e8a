using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using GenAiLab.Media.Pictures;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Onnx;
using GenAiLab.Training.Classification;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace GenAiLab.Training.Pictures.Seeing;

/// <summary>A trained classifier of pictures as a model folder by Optimum's convention, and what that folder answers.</summary>
public static class SeeingFolder
{
    internal const string GraphFile = "model.onnx";
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    /// <summary>Writes everything but the model card.</summary>
    /// <param name="folder">The model folder; created when absent.</param>
    /// <param name="graph">The serving graph.</param>
    /// <param name="labels">Names of the labels, by index of the logit.</param>
    /// <param name="frames">Frames of a film; null for pictures.</param>
    public static void Write(string folder, ModelProto graph, IReadOnlyList<string> labels, int? frames = null)
    {
        AtomicFile.Write(Path.Combine(folder, GraphFile), stream => graph.WriteTo(stream));
        AtomicFile.WriteText(Path.Combine(folder, "config.json"), Configuration(labels, frames));
        AtomicFile.WriteText(Path.Combine(folder, "preprocessor_config.json"), Preprocessor(frames));
    }

    /// <summary>What a folder's graph answers: p(label) of each picture.</summary>
    public static IReadOnlyList<float[]> Classify(string folder, IEnumerable<Picture> pictures) =>
        Classify(folder, pictures.Select(static picture => (IReadOnlyList<Picture>)[picture]), [1, 3, Artist.Side, Artist.Side]);

    /// <summary>What a folder's graph answers: p(label) of each film.</summary>
    public static IReadOnlyList<float[]> Classify(string folder, IEnumerable<IReadOnlyList<Picture>> films, int frames) =>
        Classify(folder, films, [1, frames, 3, Artist.Side, Artist.Side]);

    private static List<float[]> Classify(string folder, IEnumerable<IReadOnlyList<Picture>> films, long[] shape)
    {
        using var session = new InferenceSession(Path.Combine(folder, GraphFile));
        using var run = new RunOptions();
        return [.. films.Select(Classify)];

        float[] Classify(IReadOnlyList<Picture> film)
        {
            var pixels = new float[shape.Aggregate(1L, static (product, length) => product * length)];
            SeeingTraining.Spread(film, pixels);
            using var value = OrtValue.CreateTensorValueFromMemory(pixels, shape);
            using var outputs = session.Run(run, ["pixel_values"], [value], ["logits"]);
            return Softmax.Of(outputs[0].GetTensorDataAsSpan<float>());
        }
    }

    private static string Configuration(IReadOnlyList<string> labels, int? frames)
    {
        var (byId, byLabel) = (new JsonObject(), new JsonObject());
        foreach (var (at, label) in labels.Index())
        {
            byId[at.ToString(CultureInfo.InvariantCulture)] = label;
            byLabel[label] = at;
        }

        var configuration = new JsonObject
        {
            ["architectures"] = new JsonArray(frames is null ? "GenAiLabForImageClassification" : "GenAiLabForVideoClassification"),
            ["model_type"] = frames is null ? "genailab-see" : "genailab-watch",
            ["id2label"] = byId,
            ["label2id"] = byLabel,
            ["image_size"] = Artist.Side,
            ["num_channels"] = 3,
        };
        if (frames is not null)
        {
            configuration["num_frames"] = frames;
        }

        return configuration.ToJsonString(Json) + "\n";
    }

    // Drawings keep their pixels; whatever else is shown is scaled to their size.
    private static string Preprocessor(int? frames) => new JsonObject
    {
        ["image_processor_type"] = frames is null ? "ViTImageProcessor" : "VideoMAEImageProcessor",
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
