using System.Globalization;
using GenAiLab.Media.Sounds;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Llama;
using GenAiLab.Training.Base;
using GenAiLab.Training.Optimization;
using GenAiLab.Training.Rlhf;
using GenAiLab.Training.Serving;
using GenAiLab.Training.Sft;

namespace GenAiLab.Training.Sounds.Speech;

/// <summary>Model folders of decoders that listen or speak.</summary>
internal static class SpeechFolder
{
    private static readonly IReadOnlyList<CurvePanel> Panels =
    [
        new("Loss of what is answered", "nats per token", new Dictionary<string, string> { [SftGraph.AnswerLoss] = "training", [TrainingFigures.HeldOutLoss] = "held out" }),
    ];

    /// <summary>A model that has learned nothing.</summary>
    public static LlamaWeights Start(SpeechOptions options, SpeechVocabulary vocabulary)
    {
        var config = options.Model(vocabulary.Size);
        return new LlamaWeights(
            config, FlatParameters.Unpack(InitialWeights.Of(config, options.Steps.Seed), FlatParameters.Of(config)),
            DecoderFolder.Configuration(config, vocabulary.Begin, vocabulary.Begin));
    }

    /// <summary>Writes everything but the model card.</summary>
    /// <param name="folder">The model folder.</param>
    /// <param name="stage">What it is called in the record.</param>
    /// <param name="result">What was trained.</param>
    /// <param name="options">By which.</param>
    /// <param name="vocabulary">Its tokens.</param>
    /// <param name="temperature">At which it speaks; null where it listens.</param>
    /// <param name="practice">What came after; then its weights are written. Null: nothing.</param>
    public static void Write(
        string folder, string stage, StageResult result, SpeechOptions options, SpeechVocabulary vocabulary, float? temperature, PracticeRecord? practice = null)
    {
        DecoderFolder.Write(
            folder, result.Config, practice?.Weights ?? result.Weights, temperature ?? 1, vocabulary.Begin, temperature is null ? [vocabulary.Begin] : [vocabulary.End, vocabulary.Begin]);
        vocabulary.Save(folder, speaks: temperature is not null);
        var data = new Dictionary<string, double> { ["utterances"] = options.Utterances, ["codebook_utterances"] = options.CodebookUtterances };
        ChatModelFolder.WriteRecord(
            folder, new TrainingRecord(stage, "nothing", options, data), result.Config.ParameterCount, result.Elapsed, result.TokensPerSecond, result.Curve,
            practice, SpeechPractice.Panels);
        CurvePlot.Save(Path.Combine(folder, "curves.png"), result.Curve, Panels);
    }

    /// <summary>What <see cref="Write"/> wrote, of a run with the same options that has practised or not.</summary>
    /// <returns>The first stage, with the weights that the folder has, and what was practised.</returns>
    /// <exception cref="ModelFolderException">It is of another run, or is no such folder.</exception>
    public static (StageResult Result, IReadOnlyList<PracticeRound> Practised) Read(string folder, SpeechOptions options, RlhfOptions practice)
    {
        var record = TrainingFile.Read<SpeechOptions, CurvePoint>(folder, options, [practice]);
        var model = LlamaFolder.Read(folder);
        return (new StageResult(model.Config, model.Weights, record.Curve, record.Elapsed, record.TokensPerSecond), record.Practised);
    }

    /// <summary>Rows of a card's table: what both have.</summary>
    public static string Describe(SpeechOptions options, SpeechVocabulary vocabulary, StageResult result) => string.Create(CultureInfo.InvariantCulture, $"""
        | Sounds | {SoundCodec.Rate:N0} samples a second; two codes for every 25 ms: one of {options.Envelopes} spectral envelopes, and one of {SoundCodec.Levels} levels × {SoundCodec.Pitches} pitches |
        | Vocabulary | {vocabulary.Size:N0} tokens: {SpokenWords.All.Count} words, the codes and 4 control tokens |
        | Shape | {result.Config.Layers} layers, width {result.Config.HiddenSize}, {result.Config.Heads} query and {result.Config.KeyValueHeads} key/value heads of {result.Config.HeadSize}, feed-forward {result.Config.IntermediateSize} |
        | Parameters | {result.Config.ParameterCount:N0} |
        | Training | {options.Steps.Steps:N0} steps of {options.Steps.ChatRows} × {options.Steps.Length} tokens, {result.Elapsed.TotalMinutes:0.0} minutes on {options.Steps.Threads} threads, {result.TokensPerSecond:N0} tokens/s |
        """);
}
