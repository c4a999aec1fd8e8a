using GenAiLab.Models.Folders;
using Microsoft.ML.OnnxRuntime;

namespace GenAiLab.Decoder.Graphs;

/// <summary>Compares a rewritten graph's inputs and outputs with genai_config.json before anything is run or sized by them.</summary>
internal static class GraphSignature
{
    public const string InputIds = "input_ids";
    public const string Logits = "logits";

    public static string Past(int layer, bool key) => $"past_key_values.{layer}.{(key ? "key" : "value")}";

    public static string Present(int layer, bool key) => $"present.{layer}.{(key ? "key" : "value")}";

    /// <exception cref="ModelFolderException">They differ.</exception>
    public static void Check(InferenceSession session, GenAiConfig config)
    {
        var inputs = new Dictionary<string, NodeMetadata>(session.InputMetadata, StringComparer.Ordinal);
        var outputs = new Dictionary<string, NodeMetadata>(session.OutputMetadata, StringComparer.Ordinal);
        Take(inputs, "input", InputIds, typeof(long), [-1, -1]);
        Take(inputs, "input", EngineGraph.SequenceLengths, typeof(int), [-1]);
        Take(inputs, "input", EngineGraph.TotalLength, typeof(int), []);
        Take(inputs, "input", EngineGraph.LogitRows, typeof(long), [-1]);
        Take(outputs, "output", Logits, typeof(float), [-1, config.VocabularySize]);
        for (var layer = 0; layer < config.Layers; layer++)
        {
            foreach (var key in new[] { true, false })
            {
                Take(inputs, "input", Past(layer, key), typeof(float), [-1, config.KeyValueHeads, -1, config.HeadSize]);
                Take(outputs, "output", Present(layer, key), typeof(float), [-1, config.KeyValueHeads, -1, config.HeadSize]);
            }
        }

        if (inputs.Count > 0)
        {
            throw Refuse($"the graph wants an input '{inputs.Keys.First()}' that is not supported");
        }

        void Take(Dictionary<string, NodeMetadata> nodes, string kind, string name, Type type, int[] dimensions)
        {
            if (!nodes.Remove(name, out var node))
            {
                throw Refuse($"the graph has no {kind} '{name}'");
            }

            if (!node.IsTensor || node.ElementType != type)
            {
                throw Refuse($"{kind} '{name}' must hold {(type == typeof(float) ? "32-bit floats" : "integers")}");
            }

            // A symbolic dimension of the graph (-1) goes with any number.
            if (node.Dimensions.Length != dimensions.Length
                || node.Dimensions.Zip(dimensions).Any(static pair => pair.First >= 0 && pair.Second >= 0 && pair.First != pair.Second))
            {
                throw Refuse($"{kind} '{name}' is [{string.Join(", ", node.Dimensions)}], but {GenAiConfig.FileName} asks for [{string.Join(", ", dimensions)}]");
            }
        }

        ModelFolderException Refuse(string reason) => new(config.GraphFile, reason);
    }
}
