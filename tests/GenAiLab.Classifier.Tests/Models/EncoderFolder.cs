using System.Text.Json;
using System.Text.Json.Nodes;
using GenAiLab.Models.Onnx;
using Google.Protobuf;

namespace GenAiLab.Classifier.Tests.Models;

/// <summary>Folders of small encoders, with the files that Optimum writes but for the tokenizer's.</summary>
internal static class EncoderFolder
{
    /// <summary>Writes config.json, model.onnx and, for images, preprocessor_config.json.</summary>
    /// <param name="models">The models folder.</param>
    /// <param name="name">The folder's name in it.</param>
    /// <param name="shape">Of the model.</param>
    /// <param name="externalData">Whether the weights lie in a file of their own.</param>
    /// <returns>The folder.</returns>
    public static string Write(string models, string name, EncoderShape shape, bool externalData = false)
    {
        var folder = Directory.CreateDirectory(Path.Combine(models, name)).FullName;
        File.WriteAllText(Path.Combine(folder, "config.json"), Config(shape).ToJsonString());
        var model = EncoderGraph.Build(shape);
        if (externalData)
        {
            MoveWeights(model, folder);
        }

        File.WriteAllBytes(Path.Combine(folder, "model.onnx"), model.ToByteArray());
        if (shape.Kind == EncoderKind.Vit)
        {
            File.WriteAllText(Path.Combine(folder, "preprocessor_config.json"), Preprocessor(shape).ToJsonString());
        }

        return folder;
    }

    public static JsonObject Config(EncoderShape shape)
    {
        var config = new JsonObject
        {
            ["architectures"] = new JsonArray($"{shape.Kind}For{(shape.Kind == EncoderKind.Vit ? "Image" : "Sequence")}Classification"),
            ["model_type"] = shape.Kind.ToString().ToLowerInvariant(),
            ["id2label"] = new JsonObject(shape.Labels.Index().Select(static label => KeyValuePair.Create($"{label.Index}", (JsonNode?)label.Item))),
            ["label2id"] = new JsonObject(shape.Labels.Index().Select(static label => KeyValuePair.Create(label.Item, (JsonNode?)label.Index))),
            ["problem_type"] = shape.Problem,
            ["hidden_size"] = shape.Hidden,
        };
        if (shape.Kind == EncoderKind.Vit)
        {
            (config["image_size"], config["patch_size"], config["num_channels"]) = (shape.ImageSize, shape.PatchSize, 3);
        }
        else
        {
            (config["max_position_embeddings"], config["vocab_size"], config["pad_token_id"]) = (shape.Positions, shape.Vocabulary, shape.PadTokenId);
        }

        return config;
    }

    public static JsonObject Preprocessor(EncoderShape shape) => new()
    {
        ["image_processor_type"] = "ViTImageProcessor",
        ["do_convert_rgb"] = null,
        ["do_normalize"] = true,
        ["do_rescale"] = true,
        ["do_resize"] = true,
        ["image_mean"] = new JsonArray(0.5, 0.5, 0.5),
        ["image_std"] = new JsonArray(0.5, 0.5, 0.5),
        ["resample"] = 2,
        ["rescale_factor"] = 1 / 255.0,
        ["size"] = new JsonObject { ["height"] = shape.ImageSize, ["width"] = shape.ImageSize },
    };

    /// <summary>Changes a member of a JSON file; null takes it away.</summary>
    public static void Edit(string folder, string file, string name, JsonNode? value)
    {
        var path = Path.Combine(folder, file);
        var root = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        root.Remove(name);
        if (value is not null)
        {
            root[name] = value;
        }

        File.WriteAllText(path, root.ToJsonString(new JsonSerializerOptions()));
    }

    private static void MoveWeights(ModelProto model, string folder)
    {
        using var data = File.Create(Path.Combine(folder, "model.onnx_data"));
        foreach (var tensor in model.Graph.Initializer.Where(static tensor => tensor.RawData.Length >= 256))
        {
            tensor.DataLocation = 1;
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = "model.onnx_data" });
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = $"{data.Position}" });
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "length", Value = $"{tensor.RawData.Length}" });
            data.Write(tensor.RawData.Span);
            tensor.RawData = ByteString.Empty;
        }
    }
}
