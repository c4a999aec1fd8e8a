using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using GenAiLab.Media.Pictures;
using GenAiLab.Models.Folders;

namespace GenAiLab.Training.Pictures.Painting;

/// <summary>
/// The tokens of a model that paints: the words of captions, and behind them a token for each code of the codebook. A drawing's
/// document is its caption, the token that begins a picture, and the codes in raster order.
/// </summary>
public sealed class PaintingVocabulary
{
    /// <summary>Begins and ends a sequence.</summary>
    public const string BeginToken = "<|begin|>";

    /// <summary>Ends the caption and begins the picture.</summary>
    public const string PictureToken = "<|picture|>";

    /// <summary>Stands for a word that no caption has.</summary>
    public const string UnknownToken = "[UNK]";

    private const double UnknownShare = 0.03;
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly Dictionary<string, int> _words = new(StringComparer.Ordinal);

    /// <param name="codec">The codebook.</param>
    public PaintingVocabulary(PictureCodec codec)
    {
        Codec = codec;
        foreach (var word in Caption.Words)
        {
            _words.Add(word, Unknown + 1 + _words.Count);
        }

        Picture = Unknown + 1 + _words.Count;
        FirstCode = Picture + 1;
        Size = FirstCode + codec.CodeCount;
    }

    /// <summary>The codebook.</summary>
    public PictureCodec Codec { get; }

    /// <summary>Id of <see cref="BeginToken"/>.</summary>
    public int Begin => 0;

    /// <summary>Id of <see cref="UnknownToken"/>.</summary>
    public int Unknown => 1;

    /// <summary>Id of <see cref="PictureToken"/>.</summary>
    public int Picture { get; }

    /// <summary>Id of the first code.</summary>
    public int FirstCode { get; }

    /// <summary>Number of ids.</summary>
    public int Size { get; }

    /// <summary>Ids of what comes before a picture's codes, <see cref="Begin"/> included.</summary>
    public int[] Prompt(string caption) => [Begin, .. caption.Split(' ').Select(word => _words.GetValueOrDefault(word, Unknown)), Picture];

    /// <summary>Ids of a drawing with its caption, without <see cref="Begin"/>. Now and then a word is unknown, as words of a user are.</summary>
    public int[] Document(Drawing drawing, Random random)
    {
        var prompt = Prompt(Caption.Of(drawing.Subject, random));
        var words = prompt[1..].Select(id => id != Picture && random.NextDouble() < UnknownShare ? Unknown : id);
        return [.. words, .. Codec.Encode(drawing.Picture).Select(code => FirstCode + code)];
    }

    /// <summary>The picture of a model's continuation; codes that are none are passed over and counted.</summary>
    public (Picture Picture, int Strange) Read(IEnumerable<int> ids)
    {
        var codes = ids.Take(Codec.MaximumLength).Select(id => id - FirstCode).ToList();
        var strange = codes.Count(code => (uint)code >= (uint)Codec.CodeCount);
        return (Codec.Read([.. codes.Select(code => (uint)code < (uint)Codec.CodeCount ? code : 0)]), strange);
    }

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
            ["chat_template"] = "{{ bos_token }}{{ messages[-1]['content'] }}{{ '" + PictureToken + "' }}",
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
                Added(BeginToken, Begin), Added(UnknownToken, Unknown), Added(PictureToken, Picture),
                .. Enumerable.Range(0, Codec.CodeCount).Select(code => Added($"<|code:{code}|>", FirstCode + code)),
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
