using System.Text.Json;
using GenAiLab.Benchmarks.Reference;
using GenAiLab.Benchmarks.TransformersJs;
using GenAiLab.Models.Onnx;
using GenAiLab.Models.Quantization;

namespace GenAiLab.Benchmarks.Tests;

/// <summary>The folder for transformers.js says what transformers.js sizes its cache by.</summary>
public sealed class TransformersFolderTests : IDisposable
{
    private readonly string _work = Directory.CreateTempSubdirectory("transformers-").FullName;

    [Theory]
    [InlineData(WeightFormat.Float32)]
    [InlineData(WeightFormat.Int4)]
    public void DimensionsHaveTheNamesOfOptimum(WeightFormat format)
    {
        var model = ReferenceModel.Of("tiny", 64);
        var folder = TransformersFolder.Write(model.WriteFolder(_work), model.Config, format, _work);

        using var config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "config.json")));
        Assert.Equal("llama", config.RootElement.GetProperty("model_type").GetString());
        Assert.Equal(32, config.RootElement.GetProperty("head_dim").GetInt32());
        var graph = ModelProto.Parser.ParseFrom(File.ReadAllBytes(Path.Combine(folder, "onnx", "model.onnx"))).Graph;
        Assert.Equal(["batch_size", "sequence_length"], Dimensions("input_ids"));
        Assert.Equal(["batch_size", "total_sequence_length"], Dimensions("attention_mask"));
        Assert.Equal(["batch_size", "4", "past_sequence_length", "32"], Dimensions("past_key_values.0.key"));

        IEnumerable<string> Dimensions(string input) => graph.Input.First(value => value.Name == input).Type.TensorType.Shape.Dim
            .Select(static dimension => dimension.DimParam.Length > 0 ? dimension.DimParam : $"{dimension.DimValue}");
    }

    public void Dispose() => Directory.Delete(_work, recursive: true);
}
