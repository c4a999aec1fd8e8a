using GenAiLab.Models.Folders;
using GenAiLab.Models.Llama;
using GenAiLab.Training.Serving;

namespace GenAiLab.Fuzz;

/// <summary>
/// Sound folders of a model of one small layer, of which one file is then damaged: a new one at each call, gone with the process.
/// </summary>
internal static class FuzzFolder
{
    /// <summary>The graph's name.</summary>
    public const string Graph = "model.onnx";

    /// <summary>As onnxruntime-genai's builder writes it.</summary>
    public static string ForGenAi() => Decoder(HuggingFaceConfig.FileName);

    /// <summary>As Hugging Face Optimum writes it.</summary>
    public static string ForHuggingFace() => Decoder(GenAiConfig.FileName);

    /// <summary>Nothing in it.</summary>
    public static string ForTemplates() => Create();

    private static string Decoder(string without)
    {
        var folder = Create();
        var config = new LlamaConfig(VocabularySize: 8, HiddenSize: 16, Layers: 1, Heads: 1, KeyValueHeads: 1, HeadSize: 16, IntermediateSize: 16, ContextLength: 8);
        DecoderFolder.Write(folder, config, config.Parameters().ToDictionary(static parameter => parameter.Name, static parameter => new float[parameter.Length]), 0, [0]);
        File.Delete(Path.Combine(folder, without));
        return folder;
    }

    private static string Create()
    {
        var folder = Directory.CreateTempSubdirectory("genailab-fuzz-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return folder;
    }
}
