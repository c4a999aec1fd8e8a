using GenAiLab.Models.Folders;
using GenAiLab.Models.Tokenization;
using GenAiLab.Training.Chat;
using GenAiLab.Training.Optimization;

namespace GenAiLab.Training.Serving;

/// <summary>Writes a fine-tuned model: graph, vocabulary with chat template, training record, picture of the curves.</summary>
public static class ChatModelFolder
{
    /// <summary>Writes everything but the model card.</summary>
    /// <param name="folder">The model folder; created when absent.</param>
    /// <param name="result">The outcome of training.</param>
    /// <param name="tokenizer">Its vocabulary.</param>
    /// <param name="record">The stage's name, and what training.json says beside curves and speed.</param>
    /// <param name="panels">What the picture shows.</param>
    public static void Write(
        string folder, StageResult result, ByteLevelBpe tokenizer, TrainingRecord record, IReadOnlyList<CurvePanel> panels)
    {
        var format = new ChatFormat(tokenizer);
        var begin = tokenizer.SpecialTokens[ByteLevelBpeTrainer.Separator];
        DecoderFolder.Write(folder, result.Config, result.Weights, begin, format.EndId, begin);
        tokenizer.Save(folder, ChatFormat.Template, ChatFormat.EndToken);
        WriteRecord(folder, record, result.Config.ParameterCount, result.Elapsed, result.TokensPerSecond, result.Curve);
        CurvePlot.Save(Path.Combine(folder, "curves.png"), result.Curve, panels);
    }

    internal static void WriteRecord(
        string folder, TrainingRecord record, long parameters, TimeSpan elapsed, double tokensPerSecond, IReadOnlyList<CurvePoint> curve,
        PracticeRecord? practice = null, IReadOnlyList<CurvePanel>? practicePanels = null) => TrainingFile.Write(
            folder,
            new
            {
                stage = record.Stage,
                start = record.Start,
                options = record.Options,
                data = record.Data,
                parameters,
                seconds = Math.Round(elapsed.TotalSeconds),
                tokens_per_second = Math.Round(tokensPerSecond),
                curve,
            },
            practice, practicePanels ?? []);
}

/// <summary>What a stage did, for training.json.</summary>
/// <param name="Stage">"supervised fine-tuning", ...</param>
/// <param name="Start">Name of the model that it started from.</param>
/// <param name="Options">Every hyper-parameter.</param>
/// <param name="Data">How much data of what kind, by name.</param>
public sealed record TrainingRecord(string Stage, string Start, object Options, IReadOnlyDictionary<string, double> Data);
