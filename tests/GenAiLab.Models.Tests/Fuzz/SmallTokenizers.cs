using System.Text.Json.Nodes;
using GenAiLab.Models.Tokenization;

namespace GenAiLab.Models.Tests.Fuzz;

/// <summary>A small, sound tokenizer.json of each model type, with as many components as fit: what mutations start from.</summary>
internal static class SmallTokenizers
{
    public static IReadOnlyList<(string Name, JsonObject File)> All { get; } =
    [
        ("byte-level BPE", ByteLevel()), ("split BPE", SplitByteLevel()), ("BPE with byte fallback", ByteFallback()),
        ("WordPiece", WordPiece()), ("Unigram", Unigram()), ("WordLevel", WordLevel()),
    ];

    private static JsonObject ByteLevel()
    {
        var folder = Directory.CreateTempSubdirectory("genailab-");
        try
        {
            ByteLevelBpeTrainer.Train(Enumerable.Repeat("the cat sat on the mat, the dog on the log", 5), 290, "<|end|>").Save(folder.FullName);
            return Object(File.ReadAllText(Path.Combine(folder.FullName, "tokenizer.json")));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static JsonObject SplitByteLevel()
    {
        var file = ByteLevel();
        file["normalizer"] = Object("""{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Replace","pattern":{"Regex":"\\s{3,}"},"content":"  "}]}""");
        file["pre_tokenizer"] = Object(
            """
            {"type":"Sequence","pretokenizers":[
              {"type":"Split","pattern":{"Regex":"(?i:'s|'t)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s+(?!\\S)|\\s+"},"behavior":"Isolated","invert":false},
              {"type":"Digits","individual_digits":true},
              {"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false}]}
            """);
        return file;
    }

    private static JsonObject ByteFallback()
    {
        string[] pieces = ["<unk>", "<s>", "</s>", .. Enumerable.Range(0, 256).Select(static value => $"<0x{value:X2}>"), "▁", "t", "h", "e", "c", "a", "▁t", "he", "▁the", "at", "▁c", "▁cat"];
        var file = Object(
            """
            {"version":"1.0","truncation":null,"padding":null,
             "added_tokens":[
               {"id":0,"content":"<unk>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true},
               {"id":1,"content":"<s>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true},
               {"id":2,"content":"</s>","single_word":true,"lstrip":true,"rstrip":true,"normalized":true,"special":true}],
             "normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]},
             "pre_tokenizer":null,
             "post_processor":{"type":"TemplateProcessing",
               "single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],
               "pair":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":1}}],
               "special_tokens":{"<s>":{"id":"<s>","ids":[1],"tokens":["<s>"]}}},
             "decoder":{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]},
             "model":{"type":"BPE","dropout":null,"unk_token":"<unk>","continuing_subword_prefix":null,"end_of_word_suffix":null,"fuse_unk":true,"byte_fallback":true,"ignore_merges":false,
               "vocab":{},"merges":["▁ t","h e","▁t he","a t","▁ c",["▁c","at"]]}}
            """);
        file["model"]!["vocab"] = Numbered(pieces);
        return file;
    }

    private static JsonObject WordPiece()
    {
        var file = Object(
            """
            {"version":"1.0","truncation":{"direction":"Right","max_length":512,"strategy":"LongestFirst","stride":0},"padding":null,
             "added_tokens":[{"id":1,"content":"[UNK]","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true},
                             {"id":2,"content":"[CLS]","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true},
                             {"id":3,"content":"[SEP]","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],
             "normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true},
             "pre_tokenizer":{"type":"BertPreTokenizer"},
             "post_processor":{"type":"BertProcessing","sep":["[SEP]",3],"cls":["[CLS]",2]},
             "decoder":{"type":"WordPiece","prefix":"##","cleanup":true},
             "model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,"vocab":{}}}
            """);
        file["model"]!["vocab"] = Numbered(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "cat", "##s", "##at", "c", "t", ",", ".", "東"]);
        return file;
    }

    private static JsonObject Unigram() => Object(
        """
        {"version":"1.0","truncation":null,"padding":null,
         "added_tokens":[{"id":0,"content":"<unk>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true},
                         {"id":1,"content":"</s>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],
         "normalizer":{"type":"Sequence","normalizers":[{"type":"NFKC"},{"type":"Lowercase"},{"type":"StripAccents"},{"type":"Replace","pattern":{"Regex":" {2,}"},"content":" "}]},
         "pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}]},
         "post_processor":{"type":"RobertaProcessing","sep":["</s>",1],"cls":["</s>",1],"trim_offsets":true,"add_prefix_space":false},
         "decoder":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true},
         "model":{"type":"Unigram","unk_id":0,"byte_fallback":false,
           "vocab":[["<unk>",0.0],["</s>",0.0],["▁",-2.5],["▁the",-3.0],["▁cat",-4.0],["t",-5.0],["h",-5.5],["e",-5.25],["c",-6.0],["a",-4.5],["s",-5.0],["at",-4.75]]}}
        """);

    private static JsonObject WordLevel() => Object(
        """
        {"version":"1.0","truncation":null,"padding":{"strategy":"BatchLongest","direction":"Right","pad_to_multiple_of":null,"pad_id":0,"pad_type_id":0,"pad_token":"[PAD]"},
         "added_tokens":[{"id":1,"content":"[UNK]","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],
         "normalizer":{"type":"Lowercase"},
         "pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Whitespace"},{"type":"Punctuation","behavior":"Isolated"}]},
         "post_processor":null,"decoder":null,
         "model":{"type":"WordLevel","unk_token":"[UNK]","vocab":{"[PAD]":0,"[UNK]":1,"the":2,"cat":3,"sat":4,".":5}}}
        """);

    private static JsonObject Numbered(IReadOnlyList<string> pieces) => new(pieces.Select(static (piece, id) => KeyValuePair.Create(piece, (JsonNode?)id)));

    private static JsonObject Object(string json) => (JsonObject)JsonNode.Parse(json)!;
}
