using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using GenAiLab.Models.Folders;

namespace GenAiLab.Training.Serving;

/// <summary>tokenizer.json and tokenizer_config.json of a model whose tokens are words, control tokens and the codes of a medium.</summary>
internal static class WordTokenizerFiles
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes both.</summary>
    /// <param name="folder">The model folder.</param>
    /// <param name="begin">The token that begins and ends a sequence.</param>
    /// <param name="unknown">The token that stands for a word that there is none for.</param>
    /// <param name="words">The words.</param>
    /// <param name="control">Further control tokens.</param>
    /// <param name="firstCode">Id of the first code.</param>
    /// <param name="codes">How many codes.</param>
    /// <param name="chatTemplate">What is made of a conversation.</param>
    public static void Write(
        string folder, (string Text, int Id) begin, (string Text, int Id) unknown, IEnumerable<KeyValuePair<string, int>> words,
        IEnumerable<(string Text, int Id)> control, int firstCode, int codes, string chatTemplate)
    {
        var tokenizer = Tokenizer(begin, unknown, words, control, firstCode, codes).ToJsonString(Json) + "\n";
        AtomicFile.Write(Path.Combine(folder, "tokenizer.json"), stream => stream.Write(Encoding.UTF8.GetBytes(tokenizer)));
        AtomicFile.WriteText(Path.Combine(folder, "tokenizer_config.json"), new JsonObject
        {
            ["tokenizer_class"] = "PreTrainedTokenizerFast",
            ["bos_token"] = begin.Text,
            ["eos_token"] = begin.Text,
            ["pad_token"] = begin.Text,
            ["unk_token"] = unknown.Text,
            ["clean_up_tokenization_spaces"] = false,
            ["chat_template"] = chatTemplate,
        }.ToJsonString(Json) + "\n");
    }

    private static JsonObject Tokenizer(
        (string Text, int Id) begin, (string Text, int Id) unknown, IEnumerable<KeyValuePair<string, int>> words, IEnumerable<(string Text, int Id)> control,
        int firstCode, int codes)
    {
        var vocabulary = new JsonObject { [unknown.Text] = unknown.Id };
        foreach (var (word, id) in words)
        {
            vocabulary[word] = id;
        }

        return new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new JsonArray(
            [
                Added(begin.Text, begin.Id), Added(unknown.Text, unknown.Id), .. control.Select(static token => Added(token.Text, token.Id)),
                .. Enumerable.Range(0, codes).Select(code => Added($"<|code:{code}|>", firstCode + code)),
            ]),
            ["normalizer"] = new JsonObject { ["type"] = "Lowercase" },
            ["pre_tokenizer"] = new JsonObject { ["type"] = "Whitespace" },
            ["post_processor"] = new JsonObject
            {
                ["type"] = "TemplateProcessing",
                ["single"] = new JsonArray(
                    new JsonObject { ["SpecialToken"] = new JsonObject { ["id"] = begin.Text, ["type_id"] = 0 } }, Sequence("A")),
                ["pair"] = new JsonArray(Sequence("A"), Sequence("B")),
                ["special_tokens"] = new JsonObject
                {
                    [begin.Text] = new JsonObject { ["id"] = begin.Text, ["ids"] = new JsonArray(begin.Id), ["tokens"] = new JsonArray(begin.Text) },
                },
            },
            ["decoder"] = null,
            ["model"] = new JsonObject { ["type"] = "WordLevel", ["vocab"] = vocabulary, ["unk_token"] = unknown.Text },
        };

        static JsonObject Sequence(string name) => new() { ["Sequence"] = new JsonObject { ["id"] = name, ["type_id"] = name == "A" ? 0 : 1 } };
    }

    private static JsonNode Added(string text, int id) => new JsonObject
    {
        ["id"] = id,
        ["content"] = text,
        ["single_word"] = false,
        ["lstrip"] = false,
        ["rstrip"] = false,
        ["normalized"] = false,
        ["special"] = true,
    };
}
