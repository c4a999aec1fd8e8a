using System.Globalization;
using System.Text.Json;
using GenAiLab.Models.Folders;

namespace GenAiLab.Classifier.Folders;

/// <summary>
/// config.json of a sequence classifier by Hugging Face's convention. Read as hostile: every number is
/// checked before anything is sized by it.
/// </summary>
/// <param name="Labels">Names of the labels, by index of the logit.</param>
/// <param name="ContextLength">The longest input, in tokens.</param>
/// <param name="VocabularySize">Number of token ids.</param>
internal sealed record ClassifierConfig(IReadOnlyList<string> Labels, int ContextLength, int VocabularySize)
{
    /// <summary>The file's name in a model folder.</summary>
    public const string FileName = "config.json";

    private const int MaximumBytes = 8 * 1024 * 1024;
    private const int MaximumLabels = 65_536;
    private const int MaximumLabelLength = 256;
    private const int MaximumNumber = 1 << 20;

    /// <summary>Reads and checks the file; null if it describes a model that is no classifier.</summary>
    /// <exception cref="ModelFolderException">It is too large, not JSON, or a value is absent or out of range.</exception>
    public static ClassifierConfig? Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            if (new FileInfo(path).Length > MaximumBytes)
            {
                throw Refuse($"larger than {MaximumBytes:N0} bytes");
            }

            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                throw Refuse("must be an object");
            }

            return root.TryGetProperty("id2label", out var labels)
                ? new ClassifierConfig(ReadLabels(labels), Number(root, "max_position_embeddings"), Number(root, "vocab_size"))
                : null;
        }
        catch (JsonException error)
        {
            throw new ModelFolderException(FileName, "not valid JSON; truncated?", error);
        }
        catch (InvalidOperationException error) // Half a surrogate pair, escaped, in a string.
        {
            throw new ModelFolderException(FileName, "a string in it is not valid Unicode", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelFolderException(FileName, "cannot be read", error);
        }
    }

    private static string[] ReadLabels(JsonElement byId)
    {
        if (byId.ValueKind != JsonValueKind.Object)
        {
            throw Refuse("id2label must map indices to labels");
        }

        var count = byId.EnumerateObject().Count();
        if (count is 0 or > MaximumLabels)
        {
            throw Refuse($"id2label must hold 1 to {MaximumLabels:N0} labels");
        }

        var labels = new string?[count];
        foreach (var pair in byId.EnumerateObject())
        {
            if (!int.TryParse(pair.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) || index >= count || labels[index] is not null)
            {
                throw Refuse($"the indices in id2label must be 0 to {count - 1}, each once");
            }

            labels[index] = pair.Value.ValueKind == JsonValueKind.String && pair.Value.GetString() is { Length: > 0 and <= MaximumLabelLength } label
                ? label
                : throw Refuse($"id2label {index} must be a string of 1 to {MaximumLabelLength} characters");
        }

        return labels!;
    }

    private static int Number(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number
        && value.TryGetInt32(out var number) && number is >= 1 and <= MaximumNumber
            ? number
            : throw Refuse($"{name} must be a whole number from 1 to {MaximumNumber}");

    private static ModelFolderException Refuse(string reason) => new(FileName, reason);
}
