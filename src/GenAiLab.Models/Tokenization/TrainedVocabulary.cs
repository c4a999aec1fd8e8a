using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace GenAiLab.Models.Tokenization;

/// <summary>A vocabulary that was trained here, and how it is written: a tokenizer.json, and the tokenizer_config.json beside it.</summary>
internal sealed record TrainedVocabulary(
    IReadOnlyDictionary<string, int> Entries, IReadOnlyList<(string Left, string Right)> Merges, IReadOnlyDictionary<string, int> SpecialTokens)
{
    public const string ConfigurationFileName = "tokenizer_config.json";

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public byte[] ToJson()
    {
        var vocabulary = new JsonObject();
        foreach (var (spelling, id) in Entries.OrderBy(static entry => entry.Value))
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

    public static string ToConfigurationJson(string special, string? chatTemplate = null, string? endOfSequenceToken = null)
    {
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

    private static JsonObject SpecialPiece(string token, int type) => new() { ["SpecialToken"] = new JsonObject { ["id"] = token, ["type_id"] = type } };

    private static JsonObject SequencePiece(string name, int type) => new() { ["Sequence"] = new JsonObject { ["id"] = name, ["type_id"] = type } };
}
