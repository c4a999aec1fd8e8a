using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using GenAiLab.Models.Folders;

namespace GenAiLab.Models.Tokenization;

/// <summary>
/// The content of a tokenizer.json (the format of Hugging Face's tokenizers) as far as byte-level BPE
/// needs it. A component that is not supported is refused by its name, never ignored.
/// </summary>
internal sealed record TokenizerDefinition(
    IReadOnlyDictionary<string, int> Vocabulary, IReadOnlyList<(string Left, string Right)> Merges,
    IReadOnlyDictionary<string, int> SpecialTokens, IReadOnlyList<int> Prefix)
{
    /// <summary>Those of <see cref="SpecialTokens"/> that are part of a text where a model writes them: added tokens whose <c>special</c> is false.</summary>
    public IReadOnlySet<int> TextTokens { get; init; } = new HashSet<int>();

    public const string FileName = "tokenizer.json";
    public const string ConfigurationFileName = "tokenizer_config.json";
    private const int MaximumBytes = 64 * 1024 * 1024;
    private const int MaximumEntries = 1 << 20;

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] ReadFile(string path)
    {
        try
        {
            var info = new FileInfo(path);
            if (!info.Exists)
            {
                throw Refused("the file is missing");
            }

            return info.Length <= MaximumBytes ? File.ReadAllBytes(path) : throw Refused($"larger than {MaximumBytes:N0} bytes");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelFolderException(FileName, "cannot be read", error);
        }
    }

    public static TokenizerDefinition Parse(byte[] json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return Parse(document.RootElement);
        }
        catch (JsonException error)
        {
            throw new ModelFolderException(FileName, "not valid JSON; truncated?", error);
        }
        catch (Exception error) when (error is InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw new ModelFolderException(FileName, "a value has the wrong type", error);
        }
    }

    public byte[] ToJson()
    {
        var vocabulary = new JsonObject();
        foreach (var (spelling, id) in Vocabulary.OrderBy(static entry => entry.Value))
        {
            vocabulary[spelling] = id;
        }

        var special = SpecialTokens.First();
        var byteLevel = new Func<JsonObject>(static () => new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true, ["use_regex"] = true });
        var root = new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new JsonArray([.. SpecialTokens.Select(static token => (JsonNode)new JsonObject
            {
                ["id"] = token.Value,
                ["content"] = token.Key,
                ["single_word"] = false,
                ["lstrip"] = false,
                ["rstrip"] = false,
                ["normalized"] = false,
                ["special"] = true,
            })]),
            ["normalizer"] = null,
            ["pre_tokenizer"] = byteLevel(),
            ["post_processor"] = new JsonObject
            {
                ["type"] = "TemplateProcessing",
                ["single"] = new JsonArray(SpecialPiece(special.Key, 0), SequencePiece("A", 0)),
                ["pair"] = new JsonArray(SpecialPiece(special.Key, 0), SequencePiece("A", 0), SpecialPiece(special.Key, 1), SequencePiece("B", 1)),
                ["special_tokens"] = new JsonObject
                {
                    [special.Key] = new JsonObject { ["id"] = special.Key, ["ids"] = new JsonArray(special.Value), ["tokens"] = new JsonArray(special.Key) },
                },
            },
            ["decoder"] = byteLevel(),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["dropout"] = null,
                ["unk_token"] = null,
                ["continuing_subword_prefix"] = null,
                ["end_of_word_suffix"] = null,
                ["fuse_unk"] = false,
                ["byte_fallback"] = false,
                ["ignore_merges"] = false,
                ["vocab"] = vocabulary,
                ["merges"] = new JsonArray([.. Merges.Select(static merge => (JsonNode)new JsonArray(merge.Left, merge.Right))]),
            },
        };
        return Encoding.UTF8.GetBytes(root.ToJsonString(Json) + "\n");
    }

    public string ToConfigurationJson(string? chatTemplate = null, string? endOfSequenceToken = null)
    {
        var special = SpecialTokens.First().Key;
        var root = new JsonObject
        {
            ["tokenizer_class"] = "PreTrainedTokenizerFast",
            ["add_bos_token"] = true,
            ["bos_token"] = special,
            ["eos_token"] = endOfSequenceToken ?? special,
            ["pad_token"] = special,
            ["clean_up_tokenization_spaces"] = false,
        };
        if (chatTemplate is not null)
        {
            root["chat_template"] = chatTemplate;
        }

        return root.ToJsonString(Json) + "\n";
    }

    private static TokenizerDefinition Parse(JsonElement root)
    {
        Refuse(root, "normalizer");
        RequireByteLevel(root, "pre_tokenizer");
        RequireByteLevel(root, "decoder");
        var model = root.GetProperty("model");
        if (Type(model) != "BPE")
        {
            throw Refused($"the model '{Type(model)}' is not supported; BPE is");
        }

        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        var ids = new HashSet<int>();
        foreach (var entry in model.GetProperty("vocab").EnumerateObject())
        {
            var id = entry.Value.GetInt32();
            if (id is < 0 or >= MaximumEntries || !ids.Add(id) || !vocabulary.TryAdd(entry.Name, id))
            {
                throw Refused($"the vocabulary has an id that is out of range or given twice: {id}");
            }
        }

        if (vocabulary.Count == 0 || ids.Max() > 2 * vocabulary.Count)
        {
            throw Refused("the vocabulary is empty or its ids are far apart");
        }

        var merges = model.GetProperty("merges").EnumerateArray().Select(ReadMerge).ToList();
        var specials = new Dictionary<string, int>(StringComparer.Ordinal);
        var texts = new HashSet<int>();
        foreach (var token in root.TryGetProperty("added_tokens", out var added) ? added.EnumerateArray() : default)
        {
            var id = token.GetProperty("id").GetInt32();
            if (id is < 0 or >= MaximumEntries || string.IsNullOrEmpty(token.GetProperty("content").GetString()))
            {
                throw Refused("an added token has no content or an id out of range");
            }

            if (vocabulary.FirstOrDefault(entry => entry.Value == id) is { Key: { } taken } && taken != token.GetProperty("content").GetString())
            {
                throw Refused($"added token {id} has the id of an ordinary one");
            }

            specials[token.GetProperty("content").GetString()!] = id;
            if (token.TryGetProperty("special", out var special) && special.ValueKind == JsonValueKind.False)
            {
                texts.Add(id);
            }
        }

        return new TokenizerDefinition(vocabulary, merges, specials, ReadPrefix(root, specials)) { TextTokens = texts };
    }

    private static (string, string) ReadMerge(JsonElement merge)
    {
        if (merge.ValueKind == JsonValueKind.Array && merge.GetArrayLength() == 2)
        {
            return (merge[0].GetString() ?? throw Refused("a merge is not a pair"), merge[1].GetString() ?? throw Refused("a merge is not a pair"));
        }

        var parts = merge.GetString()!.Split(' ');
        return parts.Length == 2 ? (parts[0], parts[1]) : throw Refused("a merge is not a pair");
    }

    private static List<int> ReadPrefix(JsonElement root, Dictionary<string, int> specials)
    {
        if (!root.TryGetProperty("post_processor", out var processor) || processor.ValueKind == JsonValueKind.Null || Type(processor) == "ByteLevel")
        {
            return [];
        }

        if (Type(processor) != "TemplateProcessing")
        {
            throw Refused($"the post-processor '{Type(processor)}' is not supported; TemplateProcessing and ByteLevel are");
        }

        var prefix = new List<int>();
        var sequenceSeen = false;
        foreach (var piece in processor.GetProperty("single").EnumerateArray())
        {
            if (piece.TryGetProperty("Sequence", out _))
            {
                sequenceSeen = true;
            }
            else if (sequenceSeen)
            {
                throw Refused("a post-processor that adds tokens at the end is not supported");
            }
            else
            {
                prefix.Add(specials[piece.GetProperty("SpecialToken").GetProperty("id").GetString()!]);
            }
        }

        return prefix;
    }

    private static void Refuse(JsonElement root, string component)
    {
        if (root.TryGetProperty(component, out var value) && value.ValueKind != JsonValueKind.Null)
        {
            throw Refused($"the {component} '{Type(value)}' is not supported");
        }
    }

    private static void RequireByteLevel(JsonElement root, string component)
    {
        if (!root.TryGetProperty(component, out var value) || value.ValueKind != JsonValueKind.Object || Type(value) != "ByteLevel")
        {
            throw Refused($"the {component} must be ByteLevel");
        }

        if (component == "pre_tokenizer" && ((value.TryGetProperty("add_prefix_space", out var space) && space.GetBoolean())
            || (value.TryGetProperty("use_regex", out var regex) && !regex.GetBoolean())))
        {
            throw Refused("a ByteLevel pre_tokenizer with a prefix space or without its pattern is not supported");
        }
    }

    private static string Type(JsonElement component) =>
        component.TryGetProperty("type", out var type) ? type.GetString() ?? "" : "";

    private static JsonObject SpecialPiece(string token, int type) => new() { ["SpecialToken"] = new JsonObject { ["id"] = token, ["type_id"] = type } };

    private static JsonObject SequencePiece(string name, int type) => new() { ["Sequence"] = new JsonObject { ["id"] = name, ["type_id"] = type } };

    private static ModelFolderException Refused(string reason) => new(FileName, reason);
}
