using GenAiLab.Models.Folders;
using GenAiLab.Models.Llama;
using Google.Protobuf;

namespace GenAiLab.Training.Serving;

/// <summary>Writes a trained decoder as an onnxruntime-genai folder.</summary>
public static class DecoderFolder
{
    /// <summary>Writes model.onnx and genai_config.json; the folder is created when absent.</summary>
    /// <param name="folder">The model folder.</param>
    /// <param name="config">Shape of the model.</param>
    /// <param name="weights">Every weight by name.</param>
    /// <param name="begin">Id that begins a sequence; also the padding.</param>
    /// <param name="ends">Ids that end a sequence.</param>
    public static void Write(
        string folder, LlamaConfig config, IReadOnlyDictionary<string, float[]> weights, int begin, params IReadOnlyList<int> ends)
    {
        var graph = LlamaServingGraph.Build(config, weights);
        AtomicFile.Write(Path.Combine(folder, "model.onnx"), stream => graph.WriteTo(stream));
        AtomicFile.WriteText(Path.Combine(folder, GenAiConfig.FileName), GenAiConfig.ToJson(Configuration(config, begin, ends)) + "\n");
    }

    /// <summary>genai_config.json of a model of this shape.</summary>
    public static DecoderConfig Configuration(LlamaConfig config, int begin, params IReadOnlyList<int> ends) => new()
    {
        BosTokenId = begin,
        EosTokenIds = ends,
        PadTokenId = begin,
        ContextLength = config.ContextLength,
        VocabularySize = config.VocabularySize,
        HeadSize = config.HeadSize,
        HiddenSize = config.HiddenSize,
        Heads = config.Heads,
        KeyValueHeads = config.KeyValueHeads,
        Layers = config.Layers,
    };
}
