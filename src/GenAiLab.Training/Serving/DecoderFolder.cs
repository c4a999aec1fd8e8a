using GenAiLab.Models.Folders;
using GenAiLab.Models.Llama;
using Google.Protobuf;

namespace GenAiLab.Training.Serving;

/// <summary>Writes a trained decoder as a folder that onnxruntime-genai, Optimum and transformers.js read as well.</summary>
public static class DecoderFolder
{
    /// <summary>Writes model.onnx, genai_config.json, config.json and generation_config.json; the folder is created when absent.</summary>
    /// <param name="folder">The model folder.</param>
    /// <param name="config">Shape of the model.</param>
    /// <param name="weights">Every weight by name.</param>
    /// <param name="begin">Id that begins a sequence; also the padding.</param>
    /// <param name="ends">Ids that end a sequence.</param>
    public static void Write(
        string folder, LlamaConfig config, IReadOnlyDictionary<string, float[]> weights, int begin, params IReadOnlyList<int> ends) =>
        Write(folder, config, weights, temperature: 1, begin, ends);

    /// <summary>The same for a model that is best sampled at another temperature than 1, which its folder then says.</summary>
    public static void Write(
        string folder, LlamaConfig config, IReadOnlyDictionary<string, float[]> weights, float temperature, int begin, params IReadOnlyList<int> ends)
    {
        var graph = LlamaServingGraph.Build(config, weights);
        AtomicFile.Write(Path.Combine(folder, "model.onnx"), stream => graph.WriteTo(stream));
        WriteConfigurations(folder, config, new GenerationSettings { Temperature = temperature }, begin, ends);
    }

    /// <summary>Writes what describes a model of this shape, by each convention.</summary>
    /// <param name="folder">The model folder.</param>
    /// <param name="config">Shape of the model.</param>
    /// <param name="generation">How it is best sampled: temperature, and min-p where there is one.</param>
    /// <param name="begin">Id that begins a sequence; also the padding.</param>
    /// <param name="ends">Ids that end a sequence.</param>
    public static void WriteConfigurations(string folder, LlamaConfig config, GenerationSettings generation, int begin, params IReadOnlyList<int> ends)
    {
        var configuration = Configuration(config, begin, ends) with { Generation = generation };
        AtomicFile.WriteText(Path.Combine(folder, GenAiConfig.FileName), GenAiConfig.ToJson(configuration) + "\n");
        AtomicFile.WriteText(
            Path.Combine(folder, HuggingFaceConfig.FileName),
            HuggingFaceConfig.ToJson(configuration, config.IntermediateSize, LlamaConfig.RopeTheta, LlamaConfig.NormEpsilon) + "\n");
        AtomicFile.WriteText(Path.Combine(folder, HuggingFaceConfig.GenerationFileName), HuggingFaceConfig.ToGenerationJson(configuration) + "\n");
    }

    /// <summary>What is said of a model of this shape.</summary>
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
