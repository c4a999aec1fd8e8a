using System.Text.Json;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Llama;
using GenAiLab.Models.Onnx;
using GenAiLab.Models.Quantization;
using Google.Protobuf;

namespace GenAiLab.Benchmarks.TransformersJs;

/// <summary>The reference weights as transformers.js reads models: config.json, generation_config.json, onnx/model.onnx.</summary>
internal static class TransformersFolder
{
    // transformers.js sizes an empty cache by the names that Optimum gives to dimensions that vary.
    private static readonly Dictionary<string, string> Dimensions = new(StringComparer.Ordinal)
    {
        ["batch"] = "batch_size",
        ["sequence"] = "sequence_length",
        ["past"] = "past_sequence_length",
        ["total"] = "total_sequence_length",
    };

    /// <summary>Writes it, unless it is there.</summary>
    /// <param name="source">The lab's folder of the model, in fp32.</param>
    /// <param name="model">Its shape.</param>
    /// <param name="format">Of the weights; <see cref="WeightFormat.Int8PerRow"/> has no folder.</param>
    /// <param name="work">Where it is kept.</param>
    /// <returns>The folder.</returns>
    /// <exception cref="ModelFolderException">The format cannot be written as a folder.</exception>
    public static string Write(string source, LlamaConfig model, WeightFormat format, string work)
    {
        var folder = Path.Combine(work, $"{Path.GetFileName(source)}-{format.Name()}-transformers");
        var configuration = Path.Combine(folder, "config.json");
        if (File.Exists(configuration))
        {
            return folder;
        }

        if (format != WeightFormat.Float32)
        {
            var quantized = Path.Combine(work, $"{Path.GetFileName(source)}-{format.Name()}");
            QuantizedFolder.Write(source, quantized, format, replace: true);
            source = quantized;
        }

        var graph = ModelProto.Parser.ParseFrom(File.ReadAllBytes(Path.Combine(source, GenAiConfig.Read(source).GraphFile)));
        foreach (var dimension in graph.Graph.Input.Concat(graph.Graph.Output).SelectMany(static value => value.Type.TensorType.Shape.Dim).Where(static dimension => dimension.DimParam.Length > 0))
        {
            dimension.DimParam = Dimensions.GetValueOrDefault(dimension.DimParam, dimension.DimParam);
        }

        AtomicFile.Write(Path.Combine(folder, "onnx", "model.onnx"), stream => graph.WriteTo(stream));
        var special = new Dictionary<string, object> { ["bos_token_id"] = 0, ["eos_token_id"] = 0, ["pad_token_id"] = 0 };
        AtomicFile.WriteText(Path.Combine(folder, "generation_config.json"), JsonSerializer.Serialize(special));
        var shape = new Dictionary<string, object>(special)
        {
            ["model_type"] = "llama",
            ["architectures"] = new[] { "LlamaForCausalLM" },
            ["vocab_size"] = model.VocabularySize,
            ["hidden_size"] = model.HiddenSize,
            ["num_hidden_layers"] = model.Layers,
            ["num_attention_heads"] = model.Heads,
            ["num_key_value_heads"] = model.KeyValueHeads,
            ["head_dim"] = model.HeadSize,
            ["intermediate_size"] = model.IntermediateSize,
            ["max_position_embeddings"] = model.ContextLength,
        };

        // Last: what is begun again when it is missing.
        AtomicFile.WriteText(configuration, JsonSerializer.Serialize(shape));
        return folder;
    }
}
