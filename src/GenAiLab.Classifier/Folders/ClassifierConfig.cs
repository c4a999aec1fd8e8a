using System.Globalization;
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
    public const string FileName = HuggingFaceConfig.FileName;

    private const int MaximumLabels = 65_536;
    private const int MaximumLabelLength = 1024;
    private const int MaximumNumber = 1 << 20;
    private const string OwnModels = "genailab-";

    // id2label is left out where it would hold transformers' own names of two labels.
    private static readonly string[] DefaultLabels = ["LABEL_0", "LABEL_1"];

    /// <summary>Reads and checks the file; null if it describes a model that is no classifier.</summary>
    /// <exception cref="ModelFolderException">It is too large, not JSON, or a value is absent or out of range.</exception>
    public static ClassifierConfig? Read(string folder)
    {
        var file = FolderJson.Read(folder, FileName);
        if (ReadLabels(file) is not { } labels)
        {
            return null;
        }

        var problem = file.Text("problem_type");
        if (problem is not (null or "single_label_classification" or "multi_label_classification" or "regression"))
        {
            throw file.Refuse("problem_type", "must be single_label_classification, multi_label_classification or regression");
        }

        if (problem == "regression" && labels.Count > 1)
        {
            throw file.Refuse("problem_type", "regression is for one label");
        }

        return new ClassifierConfig(
            labels,
            labels.Count > 1 && problem != "multi_label_classification",
            file.FirstNumber(1, MaximumNumber, "max_position_embeddings", "n_positions")?.Value,
            file.OptionalNumber("vocab_size", 1, MaximumNumber),
            // Some configurations say -1 where there is none.
            Math.Max(0, file.OptionalNumber("pad_token_id", -1, MaximumNumber) ?? 0),
            file.Text("model_type")?.StartsWith(OwnModels, StringComparison.Ordinal) is not true);
    }

    private static IReadOnlyList<string>? ReadLabels(FolderJson file)
    {
        var architectures = file.Texts("architectures");
        // Some language models carry labels that no one has chosen.
        if (Any("ForCausalLM", "LMHeadModel"))
        {
            return null;
        }

        return file.OptionalObject("id2label") is { } byId ? ReadLabels(file, byId)
            : Any("ForSequenceClassification", "ForImageClassification") ? DefaultLabels
            : null;

        bool Any(params string[] tasks) => architectures.Any(name => tasks.Any(task => name.EndsWith(task, StringComparison.Ordinal)));
    }

    private static string[] ReadLabels(FolderJson file, FolderJson byId)
    {
        var texts = byId.Texts();
        if (texts.Count is 0 or > MaximumLabels)
        {
            throw file.Refuse("id2label", $"must hold 1 to {MaximumLabels:N0} labels");
        }

        var labels = new string?[texts.Count];
        foreach (var (name, text) in texts)
        {
            if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) || index >= labels.Length || labels[index] is not null)
            {
                throw file.Refuse("id2label", $"must have the indices 0 to {labels.Length - 1}, each once");
            }

            labels[index] = text is { Length: > 0 and <= MaximumLabelLength }
                ? text
                : throw file.Refuse("id2label", $"{index} must be a string of 1 to {MaximumLabelLength} characters");
        }

        return labels!;
    }
}
