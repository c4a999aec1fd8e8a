using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using GenAiLab.Models.Folders;

namespace GenAiLab.Training.Pictures.Painting;

/// <summary>
/// The tokens of a model that makes a medium from a caption: the words of captions, the token that begins the medium, and behind it a
/// token for each code of the medium's codec.
/// </summary>
public sealed class CaptionVocabulary
{
    /// <summary>Begins and ends a sequence.</summary>
    public const string BeginToken = "<|begin|>";

    /// <summary>Stands for a word that no caption has.</summary>
    public const string UnknownToken = "[UNK]";

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly Dictionary<string, int> _words = new(StringComparer.Ordinal);
    private readonly string _mediumToken;
    private readonly int _codes;

    /// <param name="words">The words of captions, in a fixed order.</param>
    /// <param name="mediumToken">Ends the caption and begins the medium.</param>
    /// <param name="codes">Codes of the codec.</param>
    public CaptionVocabulary(IEnumerable<string> words, string mediumToken, int codes)
    {
        (_mediumToken, _codes) = (mediumToken, codes);
        foreach (var word in words)
        {
            _words.Add(word, Unknown + 1 + _words.Count);
        }

        Medium = Unknown + 1 + _words.Count;
        FirstCode = Medium + 1;
        Size = FirstCode + codes;
    }

    /// <summary>Id of <see cref="BeginToken"/>.</summary>
    public int Begin => 0;

    /// <summary>Id of <see cref="UnknownToken"/>.</summary>
    public int Unknown => 1;

    /// <summary>Id of the token that begins the medium.</summary>
    public int Medium { get; }

    /// <summary>Id of the first code.</summary>
    public int FirstCode { get; }

    /// <summary>Number of ids.</summary>
    public int Size { get; }

    /// <summary>Ids of what comes before a medium's codes, <see cref="Begin"/> included.</summary>
    public int[] Prompt(string caption) => [Begin, .. caption.Split(' ').Select(word => _words.GetValueOrDefault(word, Unknown)), Medium];

    /// <summary>Writes tokenizer.json and tokenizer_config.json, whose chat template takes the last turn for a caption.</summary>
    public void Save(string folder)
    {
        AtomicFile.Write(Path.Combine(folder, "tokenizer.json"), stream => stream.Write(Encoding.UTF8.GetBytes(Tokenizer().ToJsonString(Json) + "\n")));
        AtomicFile.WriteText(Path.Combine(folder, "tokenizer_config.json"), new JsonObject
        {
            ["tokenizer_class"] = "PreTrainedTokenizerFast",
            ["bos_token"] = BeginToken,
            ["eos_token"] = BeginToken,
            ["pad_token"] = BeginToken,
            ["unk_token"] = UnknownToken,
            ["clean_up_tokenization_spaces"] = false,
            ["chat_template"] = "{{ bos_token }}{{ messages[-1]['content'] }}{{ '" + _mediumToken + "' }}",
        }.ToJsonString(Json) + "\n");
    }

    private JsonObject Tokenizer()
    {
        var vocabulary = new JsonObject { [UnknownToken] = Unknown };
        foreach (var (word, id) in _words)
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
                Added(BeginToken, Begin), Added(UnknownToken, Unknown), Added(_mediumToken, Medium),
                .. Enumerable.Range(0, _codes).Select(code => Added($"<|code:{code}|>", FirstCode + code)),
            ]),
            ["normalizer"] = new JsonObject { ["type"] = "Lowercase" },
            ["pre_tokenizer"] = new JsonObject { ["type"] = "Whitespace" },
            ["post_processor"] = new JsonObject
            {
                ["type"] = "TemplateProcessing",
                ["single"] = new JsonArray(
                    new JsonObject { ["SpecialToken"] = new JsonObject { ["id"] = BeginToken, ["type_id"] = 0 } },
                    new JsonObject { ["Sequence"] = new JsonObject { ["id"] = "A", ["type_id"] = 0 } }),
                ["pair"] = new JsonArray(
                    new JsonObject { ["Sequence"] = new JsonObject { ["id"] = "A", ["type_id"] = 0 } },
                    new JsonObject { ["Sequence"] = new JsonObject { ["id"] = "B", ["type_id"] = 1 } }),
                ["special_tokens"] = new JsonObject
                {
                    [BeginToken] = new JsonObject { ["id"] = BeginToken, ["ids"] = new JsonArray(Begin), ["tokens"] = new JsonArray(BeginToken) },
                },
            },
            ["decoder"] = null,
            ["model"] = new JsonObject { ["type"] = "WordLevel", ["vocab"] = vocabulary, ["unk_token"] = UnknownToken },
        };
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
