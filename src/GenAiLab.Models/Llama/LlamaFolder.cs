using System.Runtime.InteropServices;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Onnx;
using Google.Protobuf;

namespace GenAiLab.Models.Llama;

/// <summary>A model that was read back: its shape, its weights by name, and what begins and ends a sequence.</summary>
/// <param name="Config">The shape.</param>
/// <param name="Weights">Every one of <see cref="LlamaConfig.Parameters"/>, row-major.</param>
/// <param name="Tokens">genai_config.json, for its token ids.</param>
public sealed record LlamaWeights(LlamaConfig Config, IReadOnlyDictionary<string, float[]> Weights, DecoderConfig Tokens);

/// <summary>
/// Reads weights back from a folder that <see cref="LlamaServingGraph"/> was written to, so that a training
/// stage begins where the stage before it ended. Graphs from elsewhere are refused: what a weight means depends
/// on every node, and only this lab's graph is known.
/// </summary>
public static class LlamaFolder
{
    private const long MaximumBytes = 1L << 30;
    private const string Foreign = "not a decoder in 32-bit floats that this lab has trained (quantised and foreign graphs cannot be trained further)";

    /// <summary>Reads the folder's model.</summary>
    /// <exception cref="ModelFolderException">A file is missing or damaged, or the graph is not this lab's.</exception>
    public static LlamaWeights Read(string folder)
    {
        var tokens = GenAiConfig.Read(folder);
        var model = ReadGraph(folder, tokens.GraphFile);
        var tensors = new Dictionary<string, TensorProto>(StringComparer.Ordinal);
        foreach (var tensor in model.Graph?.Initializer ?? [])
        {
            tensors.TryAdd(tensor.Name, tensor);
        }

        if (!tensors.TryGetValue("layers.0.gate", out var gate) || gate.Dims.Count != 2 || gate.Dims[1] is < 1 or > 1 << 20)
        {
            throw Refuse();
        }

        var config = new LlamaConfig(
            tokens.VocabularySize, tokens.HiddenSize, tokens.Layers, tokens.Heads, tokens.KeyValueHeads, tokens.HeadSize,
            (int)gate.Dims[1], tokens.ContextLength);
        var weights = new Dictionary<string, float[]>(StringComparer.Ordinal);
        foreach (var parameter in config.Parameters().Where(static parameter => !IsProjection(parameter.Name)))
        {
            weights[parameter.Name] = Values(parameter.Name, [.. parameter.Shape.Select(static size => (long)size)]);
        }

        for (var layer = 0; layer < config.Layers; layer++)
        {
            Unpack(layer);
        }

        // Equal to the last node: then the weights mean what their names say.
        return WithoutNames(LlamaServingGraph.Build(config, weights)).Equals(WithoutNames(model)) ? new LlamaWeights(config, weights, tokens) : throw Refuse();

        void Unpack(int layer)
        {
            var (query, keyValue) = ((long)config.Heads * config.HeadSize, (long)config.KeyValueHeads * config.HeadSize);
            var width = query + (2 * keyValue);
            var packed = Values($"layers.{layer}.query_key_value", [config.HiddenSize, width]);
            foreach (var (name, size, offset) in new[] { ("query", query, 0L), ("key", keyValue, query), ("value", keyValue, query + keyValue) })
            {
                var part = weights[$"layers.{layer}.{name}"] = new float[config.HiddenSize * size];
                for (var row = 0; row < config.HiddenSize; row++)
                {
                    packed.AsSpan((int)((row * width) + offset), (int)size).CopyTo(part.AsSpan((int)(row * size)));
                }
            }
        }

        float[] Values(string name, long[] shape) =>
            tensors.TryGetValue(name, out var tensor) && tensor.DataType == (int)OnnxElementType.Float && tensor.Dims.SequenceEqual(shape)
            && tensor.RawData.Length == shape.Aggregate((Int128)sizeof(float), static (product, size) => product * size)
                ? MemoryMarshal.Cast<byte, float>(tensor.RawData.Span).ToArray()
                : throw Refuse();

        ModelFolderException Refuse() => new(tokens.GraphFile, Foreign);
    }

    // What dimensions are called means nothing, and has changed.
    private static ModelProto WithoutNames(ModelProto model)
    {
        foreach (var dimension in model.Graph.Input.Concat(model.Graph.Output).SelectMany(static value => value.Type?.TensorType?.Shape?.Dim ?? []).Where(static dimension => dimension.HasDimParam))
        {
            dimension.DimParam = "";
        }

        return model;
    }

    private static bool IsProjection(string name) => name[(name.LastIndexOf('.') + 1)..] is "query" or "key" or "value";

    private static ModelProto ReadGraph(string folder, string file)
    {
        try
        {
            var info = new FileInfo(Path.Combine(folder, file));
            if (!info.Exists)
            {
                throw new ModelFolderException(file, "the file is missing");
            }

            if (info.Length > MaximumBytes)
            {
                throw new ModelFolderException(file, $"larger than {MaximumBytes:N0} bytes");
            }

            return ModelProto.Parser.ParseFrom(File.ReadAllBytes(info.FullName));
        }
        catch (InvalidProtocolBufferException error)
        {
            throw new ModelFolderException(file, "not an ONNX graph; truncated?", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelFolderException(file, "cannot be read", error);
        }
    }
}
