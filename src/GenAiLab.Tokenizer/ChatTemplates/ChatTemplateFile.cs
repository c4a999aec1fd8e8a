using System.Text.Json;
using GenAiLab.Models.Folders;
using GenAiLab.Tokenizer.ChatTemplates.Syntax;
using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.ChatTemplates;

/// <summary>
/// Reads the chat template of a model folder: chat_template.jinja and additional_chat_templates or, where there are none,
/// chat_template of tokenizer_config.json. Of several templates by name two are used: "default", and "tool_use" for
/// conversations with tools.
/// </summary>
internal static class ChatTemplateFile
{
    private const string ConfigurationName = "tokenizer_config.json";
    private const string SourceName = "chat_template.jinja";
    private const string FurtherFolder = "additional_chat_templates";
    private const string Key = "chat_template";
    private const string Default = "default", ForTools = "tool_use";
    private const int MaximumBytes = 16 * 1024 * 1024;
    private const int MostTokens = 1000;

    private static readonly string[] TokenNames = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    // A template and the file that it stands in.
    private readonly record struct Source(string File, string Text);

    /// <returns>Null: the folder has none.</returns>
    /// <exception cref="ModelFolderException">It has one that cannot be used.</exception>
    public static ChatTemplate? Read(string folder)
    {
        var file = ConfigurationName;
        try
        {
            using var configuration = ReadConfiguration(folder);
            var tokens = configuration is null ? new Dictionary<string, TemplateValue>() : Tokens(configuration.RootElement);
            var sources = Files(folder);
            if (sources.Count == 0 && configuration is not null)
            {
                sources = Configured(configuration.RootElement);
            }

            if (sources.Count == 0)
            {
                return null;
            }

            var source = sources.TryGetValue(Default, out var found) ? found : throw new ModelFolderException(sources.First().Value.File, $"none of its {Key}s is called {Default}");
            ChatTemplate? forTools = null;
            if (sources.TryGetValue(ForTools, out var other))
            {
                file = other.File;
                forTools = ChatTemplate.Parse(other.Text, tokens);
            }

            file = source.File;
            return ChatTemplate.Parse(source.Text, tokens, forTools);
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

    private static JsonDocument? ReadConfiguration(string folder)
    {
        if (!File.Exists(Path.Combine(folder, ConfigurationName)))
        {
            return null;
        }

        var document = JsonDocument.Parse(ReadText(folder, ConfigurationName));
        return document.RootElement.ValueKind == JsonValueKind.Object ? document : throw new ModelFolderException(ConfigurationName, "not a JSON object");
    }

    // Files take the place of all that the configuration has.
    private static Dictionary<string, Source> Files(string folder)
    {
        var sources = new Dictionary<string, Source>(StringComparer.Ordinal);
        if (File.Exists(Path.Combine(folder, SourceName)))
        {
            sources[Default] = new(SourceName, ReadText(folder, SourceName));
        }

        foreach (var name in new[] { Default, ForTools })
        {
            var file = Path.Combine(FurtherFolder, name + ".jinja");
            if (File.Exists(Path.Combine(folder, file)))
            {
                sources[name] = new(file, ReadText(folder, file));
            }
        }

        return sources;
    }

    private static Dictionary<string, Source> Configured(JsonElement root)
    {
        if (!root.TryGetProperty(Key, out var value))
        {
            return [];
        }

        var sources = new Dictionary<string, Source>(StringComparer.Ordinal);
        switch (value.ValueKind)
        {
            case JsonValueKind.Null:
                break;
            case JsonValueKind.String:
                sources[Default] = new(ConfigurationName, value.GetString()!);
                break;
            case JsonValueKind.Array:
                foreach (var entry in value.EnumerateArray())
                {
                    if (entry.TryGetProperty("name", out var name) && entry.TryGetProperty("template", out var template))
                    {
                        sources[name.GetString() ?? ""] = new(ConfigurationName, template.GetString() ?? "");
                    }
                }

                return sources.Count > 0 ? sources : throw new ModelFolderException(ConfigurationName, $"none of its {Key}s is called {Default}");
            default:
                throw new ModelFolderException(ConfigurationName, $"its {Key} is no text");
        }

        return sources;
    }

    // Those that Transformers gives to templates; one that is not set is undefined.
    private static Dictionary<string, TemplateValue> Tokens(JsonElement root)
    {
        var tokens = new Dictionary<string, TemplateValue>(StringComparer.Ordinal);
        if (root.TryGetProperty("extra_special_tokens", out var extra) && extra.ValueKind == JsonValueKind.Object)
        {
            foreach (var token in extra.EnumerateObject().Take(MostTokens))
            {
                Add(token.Name, token.Value);
            }
        }

        foreach (var name in TokenNames)
        {
            if (root.TryGetProperty(name, out var token))
            {
                Add(name, token);
            }
        }

        if (root.TryGetProperty("additional_special_tokens", out var additional) && additional.ValueKind == JsonValueKind.Array)
        {
            tokens["additional_special_tokens"] = new ListValue([.. additional.EnumerateArray().Take(MostTokens)
                .Select(static token => TextValue.Trusted(Token(token) ?? ""))]);
        }

        return tokens;

        void Add(string name, JsonElement token)
        {
            if (token.ValueKind != JsonValueKind.Null)
            {
                tokens[name] = TextValue.Trusted(Token(token) ?? throw new ModelFolderException(ConfigurationName, $"its {name} is no token"));
            }
        }
    }

    private static string? Token(JsonElement token) => token.ValueKind switch
    {
        JsonValueKind.String => token.GetString(),
        JsonValueKind.Object when token.TryGetProperty("content", out var content) => content.GetString(),
        _ => null,
    };

    private static string ReadText(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        return new FileInfo(path).Length <= MaximumBytes
            ? File.ReadAllText(path)
            : throw new ModelFolderException(name, $"larger than {MaximumBytes:N0} bytes");
    }
}
