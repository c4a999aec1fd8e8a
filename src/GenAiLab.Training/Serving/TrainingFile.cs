using System.Text.Json;
using System.Text.Json.Nodes;
using GenAiLab.Models.Folders;
using GenAiLab.Training.Optimization;

namespace GenAiLab.Training.Serving;

/// <summary>What a model practised after its first stage.</summary>
/// <param name="Options">Every hyper-parameter.</param>
/// <param name="Result">Weights, curves and time.</param>
/// <param name="Panels">What the picture of the curves shows.</param>
public sealed record PracticeRecord(object Options, StageResult Result, IReadOnlyList<CurvePanel> Panels);

/// <summary>How a model was trained: training.json of its folder, with every hyper-parameter and the curves.</summary>
internal static class TrainingFile
{
    private const string FileName = "training.json", PracticeKey = "practice";
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    /// <summary>Writes the file, and the curves of what was practised as a picture beside it.</summary>
    public static void Write(string folder, object record, PracticeRecord? practice)
    {
        var file = JsonSerializer.SerializeToNode(record, Json)!;
        if (practice is { Result: var result })
        {
            file[PracticeKey] = JsonSerializer.SerializeToNode(
                new
                {
                    stage = "policy optimisation (GRPO)",
                    options = practice.Options,
                    seconds = Math.Round(result.Elapsed.TotalSeconds),
                    tokens_per_second = Math.Round(result.TokensPerSecond),
                    curve = result.Curve,
                },
                Json);
            CurvePlot.Save(Path.Combine(folder, "practice.png"), result.Curve, practice.Panels);
        }

        AtomicFile.WriteText(Path.Combine(folder, FileName), file.ToJsonString(Json) + "\n");
    }

    /// <summary>The record of a run with the same options that did not practise.</summary>
    /// <typeparam name="TOptions">Its options, a record of plain values.</typeparam>
    /// <typeparam name="TPoint">A point of its curve.</typeparam>
    /// <exception cref="ModelFolderException">It is of another run, has practised, or there is none.</exception>
    public static (IReadOnlyList<TPoint> Curve, TimeSpan Elapsed, double TokensPerSecond, int CorpusTokens) ReadUnpractised<TOptions, TPoint>(
        string folder, TOptions options)
        where TOptions : IEquatable<TOptions>
    {
        JsonNode file;
        TOptions? trained;
        TPoint[]? curve;
        (double Seconds, double Speed, int Tokens) figures;
        try
        {
            file = JsonNode.Parse(File.ReadAllBytes(Path.Combine(folder, FileName)))!;
            (trained, curve) = (file["options"].Deserialize<TOptions>(), file["curve"].Deserialize<TPoint[]>());
            figures = ((double)file["seconds"]!, (double)file["tokens_per_second"]!, (int?)file["corpus_tokens"] ?? 0);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException or FormatException or ArgumentNullException or NullReferenceException)
        {
            throw new ModelFolderException(FileName, "is missing or not what a training wrote");
        }

        if (file[PracticeKey] is not null)
        {
            throw new ModelFolderException(FileName, "is of a model that has practised already; begin with one that has not");
        }

        return options.Equals(trained) && curve is { Length: > 0 }
            ? (curve, TimeSpan.FromSeconds(figures.Seconds), figures.Speed, figures.Tokens)
            : throw new ModelFolderException(FileName, "is of a run with other options");
    }
}
