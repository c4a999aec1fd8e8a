using System.Text.Json;
using GenAiLab.Models.Folders;

namespace GenAiLab.Tokenizer.ChatTemplates;

/// <summary>Reads the chat template of a model folder: chat_template.jinja or, where there is none, chat_template of tokenizer_config.json.</summary>
internal static class ChatTemplateFile
{
    private const string ConfigurationName = "tokenizer_config.json";
    private const string SourceName = "chat_template.jinja";
    private const string Key = "chat_template";
    private const int MaximumBytes = 16 * 1024 * 1024;

    /// <returns>Null: the folder has none.</returns>
    /// <exception cref="ModelFolderException">It has one that cannot be used.</exception>
    public static ChatTemplate? Read(string folder)
    {
        var file = ConfigurationName;
        try
        {
            var (source, begin, end) = ReadConfiguration(folder);
            if (File.Exists(Path.Combine(folder, SourceName)))
            {
                file = SourceName;
                source = ReadText(folder, SourceName);
            }

            return source is null ? null : ChatTemplate.Parse(source, begin, end);
        }
        catch (TemplateSyntaxException error)
        {
            throw new ModelFolderException(file, $"the chat template, {error.Message}", error);
        }
        catch (JsonException error)
        {
            throw new ModelFolderException(file, "not valid JSON; truncated?", error);
        }
        catch (Exception error) when (error is InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            throw new ModelFolderException(file, "cannot be read", error);
        }
    }

    private static (string? Source, string BeginToken, string EndToken) ReadConfiguration(string folder)
    {
        if (!File.Exists(Path.Combine(folder, ConfigurationName)))
        {
            return (null, "", "");
        }

        using var document = JsonDocument.Parse(ReadText(folder, ConfigurationName));
        var root = document.RootElement;
        return root.ValueKind == JsonValueKind.Object
            ? (Source(root), Token(root, "bos_token"), Token(root, "eos_token"))
            : throw new ModelFolderException(ConfigurationName, "not a JSON object");
    }

    // Some folders have several templates by name.
    private static string? Source(JsonElement root) => !root.TryGetProperty(Key, out var value) ? null : value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Array => value.EnumerateArray()
            .Where(static entry => entry.TryGetProperty("name", out var name) && name.GetString() == "default")
            .Select(static entry => entry.TryGetProperty("template", out var template) ? template.GetString() : null)
            .FirstOrDefault() ?? throw new ModelFolderException(ConfigurationName, $"none of its {Key}s is called default"),
        _ => throw new ModelFolderException(ConfigurationName, $"its {Key} is no text"),
    };

    private static string Token(JsonElement root, string name) => !root.TryGetProperty(name, out var value) ? "" : value.ValueKind switch
    {
        JsonValueKind.String => value.GetString() ?? "",
        JsonValueKind.Object when value.TryGetProperty("content", out var content) => content.GetString() ?? "",
        JsonValueKind.Null => "",
        _ => throw new ModelFolderException(ConfigurationName, $"its {name} is no token"),
    };

    private static string ReadText(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        return new FileInfo(path).Length <= MaximumBytes
            ? File.ReadAllText(path)
            : throw new ModelFolderException(name, $"larger than {MaximumBytes:N0} bytes");
    }
}
