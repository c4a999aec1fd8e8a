using GenAiLab.Models.Folders;
using GenAiLab.Models.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace GenAiLab.Decoder.Graphs;

/// <summary>Compares the inputs and outputs of a rewritten graph, as ONNX Runtime sees them, with what the engine will bind.</summary>
internal static class GraphSignature
{
    /// <exception cref="ModelFolderException">They differ.</exception>
    public static void Check(InferenceSession session, DecoderConfig config, GraphShape shape, EngineGraph form)
    {
        var inputs = new Dictionary<string, NodeMetadata>(session.InputMetadata, StringComparer.Ordinal);
        var names = config.Names;
        var cache = shape.CacheType switch
        {
            OnnxElementType.Int8 => typeof(sbyte),
            OnnxElementType.Float16 => typeof(Float16),
            _ => typeof(float),
        };
        Take(inputs, names.InputIds, typeof(long), [-1, -1]);
        if (form.SharesCache)
        {
            Take(inputs, EngineGraph.SequenceLengths, typeof(int), [-1]);
            Take(inputs, EngineGraph.TotalLength, typeof(int), []);
        }
        else
        {
            TakeIfThere(names.AttentionMask, typeof(long), [-1, -1]);
            TakeIfThere(GraphShape.CacheBranch, typeof(bool), [1]);
        }

        TakeIfThere(names.PositionIds, typeof(long), [-1, -1]);
        if (form.SelectsRows)
        {
            Take(inputs, EngineGraph.LogitRows, typeof(long), [-1]);
        }

        var outputs = new Dictionary<string, NodeMetadata>(session.OutputMetadata, StringComparer.Ordinal);
        Take(outputs, names.Logits, typeof(float), form.SelectsRows ? [-1, config.VocabularySize] : [-1, -1, config.VocabularySize]);
        foreach (var (past, present, heads, width) in shape.Caches)
        {
            Take(inputs, past, cache, [-1, heads, -1, width]);
            Take(outputs, present, cache, [-1, heads, -1, width]);
        }

        if (inputs.Count > 0)
        {
            throw Refuse($"it wants an input '{inputs.Keys.Order(StringComparer.Ordinal).First()}' that is not supported");
        }

        void TakeIfThere(string name, Type type, int[] dimensions)
        {
            if (inputs.ContainsKey(name))
            {
                Take(inputs, name, type, dimensions);
            }
        }

        void Take(Dictionary<string, NodeMetadata> nodes, string name, Type type, int[] dimensions)
        {
            if (!nodes.Remove(name, out var node))
            {
                throw Refuse($"its nodes do not use '{name}'");
            }

            if (!node.IsTensor || node.ElementType != type)
            {
                throw Refuse($"'{name}' must hold {(type == typeof(float) ? "32-bit floats" : type == typeof(Float16) ? "16-bit floats" : type == typeof(bool) ? "booleans" : "integers")}");
            }

            // A symbolic dimension of the graph (-1) goes with any number.
            if (node.Dimensions.Length != dimensions.Length
                || node.Dimensions.Zip(dimensions).Any(static pair => pair.First >= 0 && pair.Second >= 0 && pair.First != pair.Second))
            {
                throw Refuse($"'{name}' is [{string.Join(", ", node.Dimensions)}], but must be [{string.Join(", ", dimensions)}]");
            }
        }

        ModelFolderException Refuse(string reason) => new(config.GraphFile, reason);
    }
}
