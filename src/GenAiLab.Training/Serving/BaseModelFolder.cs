using GenAiLab.Models.Folders;
using GenAiLab.Models.Llama;
using GenAiLab.Training.Base;
using GenAiLab.Training.Rlhf;

namespace GenAiLab.Training.Serving;

/// <summary>Writes a trained decoder as an onnxruntime-genai folder: graph, configuration, loss curve, training record.</summary>
public static class BaseModelFolder
{
    /// <summary>Writes everything but the tokenizer and the model card.</summary>
    /// <param name="folder">The model folder; created when absent.</param>
    /// <param name="result">The outcome of training.</param>
    /// <param name="options">The options of the run, for the record.</param>
    /// <param name="separator">Id that begins and ends a sequence.</param>
    /// <param name="practice">What came after; then its weights are written. Null: nothing.</param>
    /// <param name="panels">What the picture of its curves shows.</param>
    public static void Write(string folder, BaseTrainingResult result, BaseTrainingOptions options, int separator, PracticeRecord? practice = null, IReadOnlyList<CurvePanel>? panels = null)
    {
        DecoderFolder.Write(folder, result.Config, practice?.Weights ?? result.Weights, separator, separator);
        LossCurvePlot.Save(Path.Combine(folder, "loss.png"), result.Curve);
        TrainingFile.Write(
            folder,
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
            practice, panels ?? []);
    }

    /// <summary>What <see cref="Write"/> wrote, of a run with the same options that has practised none, some or all of the rounds.</summary>
    /// <returns>The first stage, with the weights that the folder has, and what was practised.</returns>
    /// <exception cref="ModelFolderException">It is of another run, or is no such folder.</exception>
    public static (BaseTrainingResult Result, IReadOnlyList<PracticeRound> Practised) Read(
        string folder, BaseTrainingOptions options, IReadOnlyList<RlhfOptions> rounds)
    {
        var record = TrainingFile.Read<BaseTrainingOptions, LossPoint>(folder, options, rounds);
        var model = LlamaFolder.Read(folder);
        return (new BaseTrainingResult(model.Config, model.Weights, record.Curve, record.Elapsed, record.TokensPerSecond, record.CorpusTokens), record.Practised);
    }
}
