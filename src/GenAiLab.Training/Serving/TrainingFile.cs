using System.Text.Json;
using System.Text.Json.Nodes;
using GenAiLab.Models.Folders;
using GenAiLab.Training.Optimization;
using GenAiLab.Training.Rlhf;

namespace GenAiLab.Training.Serving;

/// <summary>How a model was trained: training.json of its folder, with every hyper-parameter and the curves.</summary>
internal static class TrainingFile
{
    private const string FileName = "training.json", PracticeKey = "practice";
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    /// <summary>Writes the file, and the curves of what was practised as a picture beside it.</summary>
    /// <param name="folder">The model folder.</param>
    /// <param name="record">Of the first stage.</param>
    /// <param name="practice">What came after; null: nothing.</param>
    /// <param name="panels">What the picture shows.</param>
    public static void Write(string folder, object record, PracticeRecord? practice, IReadOnlyList<CurvePanel> panels)
    {
        var file = JsonSerializer.SerializeToNode(record, Json)!;
        if (practice is not null)
        {
            file[PracticeKey] = new JsonArray([.. practice.Rounds.Select(static round => JsonSerializer.SerializeToNode(
                new
                {
                    stage = "policy optimisation (GRPO)",
                    options = round.Options,
                    seconds = Math.Round(round.Elapsed.TotalSeconds),
                    tokens_per_second = Math.Round(round.TokensPerSecond),
                    curve = round.Curve,
                },
                Json))]);
            CurvePlot.Save(Path.Combine(folder, "practice.png"), practice.Curve, panels);
        }

        AtomicFile.WriteText(Path.Combine(folder, FileName), file.ToJsonString(Json) + "\n");
    }

    /// <summary>The record of a run that began with the same options and practised as it is to, not yet, or in part.</summary>
    /// <typeparam name="TOptions">Options of the first stage, a record of plain values.</typeparam>
    /// <typeparam name="TPoint">A point of its curve.</typeparam>
    /// <param name="folder">The model folder.</param>
    /// <param name="options">Of the first stage.</param>
    /// <param name="rounds">Of practice.</param>
    /// <exception cref="ModelFolderException">It is of another run, or there is none.</exception>
    public static TrainingRecordRead<TPoint> Read<TOptions, TPoint>(string folder, TOptions options, IReadOnlyList<RlhfOptions> rounds)
        where TOptions : IEquatable<TOptions>
    {
        TOptions? trained;
        TrainingRecordRead<TPoint> record;
        try
        {
            var file = JsonNode.Parse(File.ReadAllBytes(Path.Combine(folder, FileName)))!;
            trained = file["options"].Deserialize<TOptions>();
            record = new(file["curve"].Deserialize<TPoint[]>()!, Seconds(file), Speed(file), (int?)file["corpus_tokens"] ?? 0, [.. (file[PracticeKey]?.AsArray() ?? []).Select(
                static round => new PracticeRound(round!["options"].Deserialize<RlhfOptions>()!, round["curve"].Deserialize<CurvePoint[]>()!, Seconds(round), Speed(round)))]);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException or FormatException or ArgumentNullException or NullReferenceException)
        {
            throw new ModelFolderException(FileName, "is missing or not what a training wrote");
        }

        if (record.Practised.Count > rounds.Count)
        {
            throw new ModelFolderException(FileName, "is of a model that has practised already; begin with one that has not");
        }

        return options.Equals(trained) && record.Curve is { Count: > 0 } && record.Practised.Select(static round => round.Options).SequenceEqual(rounds.Take(record.Practised.Count))
            ? record
            : throw new ModelFolderException(FileName, "is of a run with other options");
    }

    private static TimeSpan Seconds(JsonNode stage) => TimeSpan.FromSeconds((double)stage["seconds"]!);

    private static double Speed(JsonNode stage) => (double)stage["tokens_per_second"]!;
}

/// <summary>What <see cref="TrainingFile"/> reads.</summary>
/// <typeparam name="TPoint">A point of the first stage's curve.</typeparam>
/// <param name="Curve">Of the first stage.</param>
/// <param name="Elapsed">Its training time.</param>
/// <param name="TokensPerSecond">Its training speed.</param>
/// <param name="CorpusTokens">What it learned from; 0 where it does not say.</param>
/// <param name="Practised">The rounds of practice that came after.</param>
internal sealed record TrainingRecordRead<TPoint>(
    IReadOnlyList<TPoint> Curve, TimeSpan Elapsed, double TokensPerSecond, int CorpusTokens, IReadOnlyList<PracticeRound> Practised);
