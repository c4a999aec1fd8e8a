using GenAiLab.Models.Folders;
using GenAiLab.Models.Llama;
using GenAiLab.Models.Quantization;

namespace GenAiLab.Benchmarks.TransformersJs;

/// <summary>The reference weights as transformers.js reads models: config.json, generation_config.json, onnx/model.onnx.</summary>
internal static class TransformersFolder
{
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
        var configuration = Path.Combine(folder, HuggingFaceConfig.FileName);
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

        var config = DecoderConfig.Read(source);
        Directory.CreateDirectory(Path.Combine(folder, "onnx"));
        File.Copy(Path.Combine(source, config.GraphFile), Path.Combine(folder, "onnx", "model.onnx"), overwrite: true);
        AtomicFile.WriteText(Path.Combine(folder, HuggingFaceConfig.GenerationFileName), HuggingFaceConfig.ToGenerationJson(config));

        // Last: what is begun again when it is missing.
        AtomicFile.WriteText(configuration, HuggingFaceConfig.ToJson(config, model.IntermediateSize, LlamaConfig.RopeTheta, LlamaConfig.NormEpsilon));
        return folder;
    }
}
