using System.Text.Json.Nodes;
using GenAiLab.Classifier.Folders;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Onnx;
using Google.Protobuf;

namespace GenAiLab.Classifier.Tests.Models;

/// <summary>Folders that look like a foreign classifier and cannot be used: refused by the file, with what to mend.</summary>
public sealed class RefusedFolderTests : IDisposable
{
    private readonly DirectoryInfo _models = Directory.CreateTempSubdirectory("refused-folders-");

    /// <summary>Whether it is of images, a change to one of its JSON files, the file that is to be named, and a part of the reason.</summary>
    public static TheoryData<bool, string, string, string?, string> Edits => new()
    {
        { false, "config.json", "problem_type", "\"ranking\"", "problem_type" },
        { false, "config.json", "problem_type", "\"regression\"", "one label" },
        { false, "config.json", "max_position_embeddings", null, "max_position_embeddings" },
        { false, "config.json", "max_position_embeddings", "0", "max_position_embeddings" },
        { false, "config.json", "vocab_size", null, "vocab_size" },
        { false, "config.json", "pad_token_id", "\"0\"", "pad_token_id" },
        { true, "preprocessor_config.json", "size", null, "size is missing" },
        { true, "preprocessor_config.json", "size", """{"height": 32, "width": 1000000}""", "size.width" },
        { true, "preprocessor_config.json", "size", """{"height": 32, "width": 31}""", "32 by 32" },
        { true, "preprocessor_config.json", "size", """{"shortest_edge": 32}""", "do_center_crop" },
        { true, "preprocessor_config.json", "size", """{"max_height": 32, "max_width": 32}""", "size.max_height" },
        { true, "preprocessor_config.json", "resample", "6", "resample" },
        { true, "preprocessor_config.json", "image_mean", "[0.5, 0.5]", "image_mean" },
        { true, "preprocessor_config.json", "image_mean", null, "image_mean" },
        { true, "preprocessor_config.json", "image_std", "[0.5, 0, 0.5]", "image_std" },
        { true, "preprocessor_config.json", "rescale_factor", "1e300", "rescale_factor" },
        { true, "preprocessor_config.json", "do_pad", "true", "do_pad" },
        { true, "preprocessor_config.json", "do_resize", "1", "do_resize" },
        { true, "preprocessor_config.json", "image_processor_type", "\"LevitImageProcessor\"", "rules of its own" },
    };

    [Theory, MemberData(nameof(Edits))]
    public void A_value_that_cannot_be_used_is_named(bool image, string file, string name, string? value, string reason)
    {
        var folder = image ? EncoderFolder.Write(_models.FullName, "image", new EncoderShape(EncoderKind.Vit) { Length = 1 }) : WriteText(new EncoderShape(EncoderKind.Bert));
        EncoderFolder.Edit(folder, file, name, value is null ? null : JsonNode.Parse(value));

        var error = Assert.Throws<ModelFolderException>(() => ClassifierFolder.Open(folder, 1)?.Dispose());

        Assert.Equal(file, error.File);
        Assert.Contains(reason, error.Message);
        Assert.DoesNotContain(_models.FullName, error.Message);
    }

    /// <summary>Graphs that are no classifier, and a part of the reason.</summary>
    public static TheoryData<string, string> Graphs => new()
    {
        { "token classifier", "logits must be a tensor [batch, 3]" },
        { "other label count", "logits must be a tensor [batch, 3]" },
        { "whole numbers out", "logits must be a tensor [batch, 3]" },
        { "two unnamed outputs", "logits must be a tensor [batch, 3]" },
        { "audio", "neither an input input_ids nor pixel_values" },
        { "position ids", "'position_ids' is not supported" },
        { "floating ids", "input_ids must be a tensor" },
        { "grey images", "pixel_values must be a tensor" },
        { "pixels and more", "only input" },
        { "fixed length without mask", "attention_mask" },
    };

    [Theory, MemberData(nameof(Graphs))]
    public void A_graph_that_is_no_such_classifier_is_told(string kind, string reason)
    {
        var folder = WriteText(new EncoderShape(EncoderKind.Bert));
        File.WriteAllText(Path.Combine(folder, "preprocessor_config.json"), EncoderFolder.Preprocessor(new EncoderShape(EncoderKind.Vit)).ToJsonString());
        File.WriteAllBytes(Path.Combine(folder, "model.onnx"), GraphOf(kind).ToByteArray());

        var error = Assert.Throws<ModelFolderException>(() => ClassifierFolder.Open(folder, 1)?.Dispose());

        Assert.Equal("model.onnx", error.File);
        Assert.Contains(reason, error.Message);
    }

    [Fact]
    public void A_graph_that_has_fewer_positions_than_the_configuration_says_is_refused()
    {
        var folder = WriteText(new EncoderShape(EncoderKind.Bert));
        EncoderFolder.Edit(folder, "config.json", "max_position_embeddings", 100);
        Assert.Equal("model.onnx", Assert.Throws<ModelFolderException>(() => ClassifierFolder.Open(folder, 1)?.Dispose()).File);
    }

    [Fact]
    public void Weights_outside_the_folder_are_not_read()
    {
        var folder = EncoderFolder.Write(_models.FullName, "external", new EncoderShape(EncoderKind.Vit), externalData: true);
        File.Move(Path.Combine(folder, "model.onnx_data"), Path.Combine(_models.FullName, "model.onnx_data"));
        File.CreateSymbolicLink(Path.Combine(folder, "model.onnx_data"), Path.Combine(_models.FullName, "model.onnx_data"));
        var error = Assert.Throws<ModelFolderException>(() => ClassifierFolder.Open(folder, 1)?.Dispose());
        Assert.Contains("outside the folder", error.Message);
    }

    [Theory]
    [InlineData("GPT2LMHeadModel")]
    [InlineData("LlamaForCausalLM")]
    public void A_language_model_with_labels_that_no_one_has_chosen_is_no_classifier(string architecture)
    {
        var folder = WriteText(new EncoderShape(EncoderKind.Bert));
        EncoderFolder.Edit(folder, "config.json", "architectures", new JsonArray(architecture));
        Assert.Null(ClassifierFolder.Open(folder, 1));
    }

    public void Dispose() => _models.Delete(recursive: true);

    private string WriteText(EncoderShape shape)
    {
        var folder = EncoderFolder.Write(_models.FullName, "text", shape);
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), TinyClassifier.TokenizerJson);
        return folder;
    }

    private static ModelProto GraphOf(string kind)
    {
        var graph = new OnnxGraphBuilder("other");
        var type = kind == "floating ids" ? OnnxElementType.Float : OnnxElementType.Int64;
        string Constant(OnnxElementType to, params long[] shape) => graph.Node(
            "Cast", [graph.Node("Expand", [graph.Scalar(1), graph.Integers(shape)])], ("to", (int)to));
        string[] inputs = kind switch
        {
            "audio" => ["input_features"],
            "grey images" => ["pixel_values"],
            "pixels and more" => ["pixel_values", "bool_masked_pos"],
            "position ids" => ["input_ids", "attention_mask", "position_ids"],
            "fixed length without mask" => ["input_ids"],
            _ => ["input_ids", "attention_mask"],
        };
        foreach (var name in inputs)
        {
            if (name == "pixel_values")
            {
                graph.Input(name, OnnxElementType.Float, "batch", kind == "grey images" ? 1 : 3, 32, 32);
            }
            else
            {
                graph.Input(name, type, "batch", kind == "fixed length without mask" ? 16 : "sequence");
            }
        }

        // Inputs that nothing uses would be optimised away.
        var used = inputs.Select(name => graph.Node("ReduceMin", [graph.Node("Cast", [name], ("to", (int)OnnxElementType.Float))], ("keepdims", 0))).Aggregate((left, right) => graph.Node("Add", [left, right]));
        var output = kind == "whole numbers out" ? OnnxElementType.Int64 : OnnxElementType.Float;
        long[] shape = kind switch
        {
            "token classifier" => [1, 16, 3],
            "other label count" => [1, 5],
            _ => [1, 3],
        };
        var logits = graph.Node("Add", [Constant(output, shape), graph.Node("Cast", [used], ("to", (int)output))]);
        foreach (var name in kind == "two unnamed outputs" ? new[] { "first", "second" } : ["logits"])
        {
            graph.Add("Identity", "", [logits], [name]);
            graph.Output(name, output, [.. shape.Select(static length => (object)length)]);
        }

        return graph.Build();
    }
}
