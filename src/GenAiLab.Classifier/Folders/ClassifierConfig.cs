using System.Globalization;
using System.Text.Json;
using GenAiLab.Models.Folders;

namespace GenAiLab.Classifier.Folders;

/// <summary>
/// config.json of a classifier by Hugging Face's convention. Read as hostile: every number is checked before anything
/// is sized by it. What the model looks like is the graph's to say, not this file's.
/// </summary>
/// <param name="Labels">Names of the labels, by index of the logit.</param>
/// <param name="Exclusive">Whether one label holds at a time; otherwise each has a probability of its own, as a single label does.</param>
/// <param name="Positions">max_position_embeddings, or n_positions; null where it is absent, as in image models.</param>
/// <param name="VocabularySize">Number of token ids; null where it is absent.</param>
/// <param name="PadTokenId">The id that fills a sequence of fixed length; 0 where it is absent.</param>
/// <param name="AddsSpecialTokens">
/// Whether a text gets what the vocabulary's post-processor adds. The lab's own classifiers are trained without.
/// </param>
internal sealed record ClassifierConfig(
    IReadOnlyList<string> Labels, bool Exclusive, int? Positions, int? VocabularySize, int PadTokenId, bool AddsSpecialTokens)
{
    /// <summary>The file's name in a model folder.</summary>
    public const string FileName = "config.json";

    private const int MaximumLabels = 65_536;
    private const int MaximumLabelLength = 256;
    private const int MaximumNumber = 1 << 20;
    private const string OwnModels = "genailab-";

    // id2label is left out where it would hold transformers' own names of two labels.
    private static readonly string[] DefaultLabels = ["LABEL_0", "LABEL_1"];

    /// <summary>Reads and checks the file; null if it describes a model that is no classifier.</summary>
    /// <exception cref="ModelFolderException">It is too large, not JSON, or a value is absent or out of range.</exception>
    public static ClassifierConfig? Read(string folder) => JsonFile.Read(folder, FileName, Parse);

    private static ClassifierConfig? Parse(JsonObjectReader file)
    {
        if (ReadLabels(file) is not { } labels)
        {
            return null;
        }

        var problem = file.Text("problem_type");
        if (problem is not (null or "single_label_classification" or "multi_label_classification" or "regression")
            || (problem == "regression" && labels.Count > 1))
        {
            throw file.Refuse(problem == "regression"
                ? "problem_type regression is for one label"
                : "problem_type must be single_label_classification, multi_label_classification or regression");
        }

        var positions = file.Has("max_position_embeddings") || !file.Has("n_positions") ? "max_position_embeddings" : "n_positions";
        return new ClassifierConfig(
            labels,
            labels.Count > 1 && problem != "multi_label_classification",
            file.Has(positions) ? file.Integer(positions, 1, MaximumNumber) : null,
            file.Has("vocab_size") ? file.Integer("vocab_size", 1, MaximumNumber) : null,
            Math.Max(0, file.Integer("pad_token_id", -1, MaximumNumber, absent: 0)),
            file.Text("model_type")?.StartsWith(OwnModels, StringComparison.Ordinal) is not true);
    }

    private static IReadOnlyList<string>? ReadLabels(JsonObjectReader file)
    {
        var tasks = file.Find("architectures") is { ValueKind: JsonValueKind.Array } architectures
            ? architectures.EnumerateArray().Where(static one => one.ValueKind == JsonValueKind.String).Take(16).Select(static one => one.GetString()!).ToList()
            : [];
        // Some language models carry labels that no one has chosen.
        if (tasks.Any(static task => task.EndsWith("ForCausalLM", StringComparison.Ordinal) || task.EndsWith("LMHeadModel", StringComparison.Ordinal)))
        {
            return null;
        }

        return file.Has("id2label")
            ? ReadLabels(file, file.Find("id2label")!.Value)
            : tasks.Any(static task => task.EndsWith("ForSequenceClassification", StringComparison.Ordinal) || task.EndsWith("ForImageClassification", StringComparison.Ordinal))
                ? DefaultLabels
                : null;
    }

    private static string[] ReadLabels(JsonObjectReader file, JsonElement byId)
    {
        if (byId.ValueKind != JsonValueKind.Object)
        {
            throw file.Refuse("id2label must map indices to labels");
        }

        var count = byId.EnumerateObject().Count();
        if (count is 0 or > MaximumLabels)
        {
            throw file.Refuse($"id2label must hold 1 to {MaximumLabels:N0} labels");
        }

        var labels = new string?[count];
        foreach (var pair in byId.EnumerateObject())
        {
            if (!int.TryParse(pair.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) || index >= count || labels[index] is not null)
            {
                throw file.Refuse($"the indices in id2label must be 0 to {count - 1}, each once");
            }

            labels[index] = pair.Value.ValueKind == JsonValueKind.String && pair.Value.GetString() is { Length: > 0 and <= MaximumLabelLength } label
                ? label
                : throw file.Refuse($"id2label {index} must be a string of 1 to {MaximumLabelLength} characters");
        }

        return labels!;
    }
}
