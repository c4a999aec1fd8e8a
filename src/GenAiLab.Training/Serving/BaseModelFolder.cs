using System.Text.Json;
using GenAiLab.Models.Folders;
using GenAiLab.Training.Base;

namespace GenAiLab.Training.Serving;

/// <summary>Writes a trained decoder as an onnxruntime-genai folder: graph, configuration, loss curve, training record.</summary>
public static class BaseModelFolder
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    /// <summary>Writes everything but the tokenizer and the model card.</summary>
    /// <param name="folder">The model folder; created when absent.</param>
    /// <param name="result">The outcome of training.</param>
    /// <param name="options">The options of the run, for the record.</param>
    /// <param name="separator">Id that begins and ends a sequence.</param>
    public static void Write(string folder, BaseTrainingResult result, BaseTrainingOptions options, int separator)
    {
        DecoderFolder.Write(folder, result.Config, result.Weights, separator, separator);
        LossCurvePlot.Save(Path.Combine(folder, "loss.png"), result.Curve);
        AtomicFile.WriteText(Path.Combine(folder, "training.json"), JsonSerializer.Serialize(
            new
            {
                stage = "pre-training",
                options,
                parameters = result.Config.ParameterCount,
                corpus_tokens = result.CorpusTokens,
                seconds = Math.Round(result.Elapsed.TotalSeconds),
                tokens_per_second = Math.Round(result.TokensPerSecond),
                curve = result.Curve,
            },
            Json) + "\n");
    }
}
