using System.Text.Json;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Tokenization;

namespace GenAiLab.Benchmarks.Folders;

/// <summary>The files of a model folder, and what can be said of them without a model.</summary>
public static class FolderContents
{
    private const string TokenizerFileName = "tokenizer.json";
    private const int MaximumFiles = 40;
    private const int MaximumBytes = 64 * 1024 * 1024;

    /// <summary>Names and sizes, the largest first; those in folders of it too.</summary>
    public static void DescribeFiles(string folder, FolderReport report)
    {
        var files = new DirectoryInfo(folder)
            .EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 2, AttributesToSkip = FileAttributes.ReparsePoint | FileAttributes.Hidden })
            .OrderByDescending(static file => file.Length).ToArray();
        report.Add("files", string.Join(", ", files.Take(MaximumFiles).Select(file => FormattableString.Invariant($"{Path.GetRelativePath(folder, file.FullName)} {file.Length / 1e6:0.###} MB"))));
        if (files.Length > MaximumFiles)
        {
            report.Add("", $"and {files.Length - MaximumFiles} more");
        }
    }

    /// <summary>Whether the folder's tokenizer spells conversations.</summary>
    public static void DescribeChat(string folder, FolderReport report)
    {
        var template = File.Exists(Path.Combine(folder, "chat_template.jinja"))
            || (Parse(folder, "tokenizer_config.json", report) is { } settings && settings.TryGetProperty("chat_template", out var value) && value.ValueKind is JsonValueKind.String or JsonValueKind.Array);
        report.Add("chat", template ? "a chat template is there" : "no chat template: it completes texts, and Chat is refused");
    }

    /// <summary>What kind of tokenizer there is.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="vocabularySize">Ids that the model has; null: not known.</param>
    /// <param name="report">Is told.</param>
    public static void DescribeTokenizer(string folder, int? vocabularySize, FolderReport report)
    {
        if (!File.Exists(Path.Combine(folder, TokenizerFileName)))
        {
            report.Add("tokenizer", "no tokenizer.json: only token ids can be sent to it");
            return;
        }

        try
        {
            var tokenizer = TextTokenizer.Load(Path.Combine(folder, TokenizerFileName));
            report.Add("tokenizer", (FormattableString)$"{tokenizer.ModelType}, {tokenizer.VocabularySize:N0} tokens, {tokenizer.SpecialTokens.Count:N0} of them special{(tokenizer.VocabularySize > vocabularySize ? ": more than the model has ids" : "")}");
        }
        catch (ModelFolderException error)
        {
            report.Refuse(error.Message);
        }
    }

    private static JsonElement? Parse(string folder, string file, FolderReport report)
    {
        var info = new FileInfo(Path.Combine(folder, file));
        if (!info.Exists || info.Length is 0 or > MaximumBytes)
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(info.FullName));
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            report.Refuse($"{file}: not valid JSON; truncated?");
            return null;
        }
    }
}
