using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using GenAiLab.Models.Tests.Parity;
using GenAiLab.Models.Tokenization;

namespace GenAiLab.Models.Tests.Tokenization;

/// <summary>
/// Each component of a tokenizer.json, alone and with others, against Hugging Face's own library: the same ids and the
/// same text for some thousand texts.
/// </summary>
public sealed class ComponentTests
{
    private const string Metaspace = """{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}""";
    private const string ByteLevel = """{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}""";
    private const string Marks = """{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]}""";
    private const string LlamaDecoder = """{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]}""";
    private const string Bert = """{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true}""";
    private const string BertTemplate = """
        {"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"[SEP]","type_id":0}}],
        "pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":1}}],
        "special_tokens":{"[CLS]":{"id":"[CLS]","ids":[2],"tokens":["[CLS]"]},"[SEP]":{"id":"[SEP]","ids":[3],"tokens":["[SEP]"]}}}
        """;

    private static readonly string[] Normalizers =
    [
        """{"type":"NFC"}""", """{"type":"NFD"}""", """{"type":"NFKC"}""", """{"type":"NFKD"}""", """{"type":"Lowercase"}""", """{"type":"StripAccents"}""", """{"type":"Nmt"}""",
        """{"type":"Strip","strip_left":true,"strip_right":false}""", """{"type":"Strip","strip_left":true,"strip_right":true}""",
        """{"type":"Sequence","normalizers":[{"type":"NFD"},{"type":"Lowercase"},{"type":"StripAccents"}]}""", Bert,
        """{"type":"BertNormalizer","clean_text":false,"handle_chinese_chars":true,"strip_accents":true,"lowercase":false}""",
        """{"type":"Replace","pattern":{"Regex":" {2,}"},"content":"▁"}""", """{"type":"Replace","pattern":{"Regex":"(?<=a)[\\p{L}&&b]|[0-9]+"},"content":"é"}""",
        """{"type":"Replace","pattern":{"String":"the"},"content":""}""", """{"type":"Prepend","prepend":"▁x"}""", Marks,
    ];

    private static readonly string[] PreTokenizers =
    [
        Metaspace, """{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":true}""", """{"type":"Metaspace","replacement":"_","prepend_scheme":"never","split":false}""",
        """{"type":"Metaspace","replacement":"▁","add_prefix_space":true}""",
        """{"type":"BertPreTokenizer"}""", """{"type":"Whitespace"}""", """{"type":"WhitespaceSplit"}""", """{"type":"Digits","individual_digits":true}""", """{"type":"Digits","individual_digits":false}""",
        """{"type":"CharDelimiterSplit","delimiter":"e"}""", """{"type":"FixedLength","length":3}""",
        .. Behaviors.Select(static behavior => $$"""{"type":"Punctuation","behavior":"{{behavior}}"}"""),
        .. Behaviors.Select(static behavior => $$"""{"type":"Split","pattern":{"Regex":"\\s+|\\p{Lu}"},"behavior":"{{behavior}}","invert":false}"""),
        .. Behaviors.Select(static behavior => $$"""{"type":"Split","pattern":{"String":"a"},"behavior":"{{behavior}}","invert":true}"""),
        .. Expressions.Select(static expression => $$"""{"type":"Split","pattern":{"Regex":{{System.Text.Json.JsonSerializer.Serialize(expression)}}},"behavior":"Isolated","invert":false}"""),
        """{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Punctuation"},{"type":"Digits","individual_digits":true},{"type":"Metaspace","replacement":"▁","prepend_scheme":"first"}]}""",
    ];

    private static readonly string[] Decoders =
    [
        ByteLevel, Metaspace, """{"type":"Metaspace","replacement":"▁","prepend_scheme":"never"}""", """{"type":"WordPiece","prefix":"##","cleanup":true}""", """{"type":"WordPiece","prefix":"##","cleanup":false}""",
        """{"type":"BPEDecoder","suffix":"</w>"}""", """{"type":"CTC","pad_token":"<pad>","word_delimiter_token":"|","cleanup":true}""", """{"type":"ByteFallback"}""", """{"type":"Fuse"}""",
        """{"type":"Replace","pattern":{"Regex":"[aeiou]+"},"content":"-"}""", """{"type":"Strip","content":"▁","start":1,"stop":0}""", LlamaDecoder,
        """{"type":"Sequence","decoders":[{"type":"WordPiece","prefix":"##","cleanup":true},{"type":"Fuse"},{"type":"Replace","pattern":{"String":"▁"},"content":" "}]}""",
    ];

    private const string Tokens = """
        [{"content":"<s>","special":true},{"content":"the","normalized":true},{"content":"<tool>","lstrip":true},{"content":"[MASK]","special":true,"lstrip":true,"rstrip":true},
        {"content":"yes","single_word":true},{"content":"<|x|>"},{"content":"<|x|>y"},{"content":"É","normalized":true}]
        """;

    private static readonly string[] Calm = ["""{"type":"NFC"}""", """{"type":"NFD"}""", """{"type":"Lowercase"}"""];

    private static string[] Behaviors => ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"];

    private static string[] Expressions =>
    [
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", @"[!""#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        "[一-龥぀-ゟ゠-ヿ]+", @"\p{Han}+|\p{Hiragana}+|[^\p{Latin}\s]+", @"\w++|[[:punct:]]", @"\h{2}+|(?<![a-z])x", @"(?i)[a-m]+|é", @"(?=[A-Z])", @"^\w|\w$", @"(?>a|ab)c|a{,2}b", @"[^\S\n]+", @"\bthe\b|\Bx", @".{1,4}?o",
    ];

    /// <summary>What is compared: the model, and everything around it.</summary>
    public static TheoryData<string, string?, string?, string?> Combinations()
    {
        var data = new TheoryData<string, string?, string?, string?>();
        string[] models = ["characters", "wordpiece", "unigram", "unigram with bytes", "wordlevel", "unknown", "affixes"];
        var next = 0;
        string Model() => models[next++ % models.Length];
        foreach (var normalizer in Normalizers.Where(static one => !one.Contains("&&", StringComparison.Ordinal)))
        {
            data.Add(Model(), normalizer, null, LlamaDecoder);
            data.Add(Model(), normalizer, Metaspace, Metaspace);
        }

        foreach (var cutter in PreTokenizers)
        {
            data.Add(Model(), null, cutter, null);
            data.Add(Model(), Bert, cutter, """{"type":"WordPiece","prefix":"##","cleanup":true}""");
        }

        foreach (var decoder in Decoders)
        {
            data.Add(Model(), null, """{"type":"WhitespaceSplit"}""", decoder);
            data.Add("characters", Marks, null, decoder);
            data.Add("bytes", null, ByteLevel, decoder);
        }

        foreach (var kind in new[] { "bytes", "whole words" })
        {
            data.Add(kind, null, """{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}""", ByteLevel);
            data.Add(kind, """{"type":"NFC"}""", $$"""{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},{{ByteLevel}}]}""", ByteLevel);
            data.Add(kind, """{"type":"ByteLevel"}""", """{"type":"WhitespaceSplit"}""", ByteLevel);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Combinations))]
    public void Ids_and_text_are_those_of_the_library(string model, string? normalizer, string? preTokenizer, string? decoder)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64, "the library is there for linux-x64 only");
        var post = model == "wordpiece" ? BertTemplate : null;
        // Where a normalizer leaves nothing of an added token, or moves what surrounds it, the library ends the process.
        var calm = normalizer is null || Calm.Any(one => normalizer == one);
        var tokens = (calm ? Tokens : Tokens.Replace("\"normalized\":true", "\"normalized\":false", StringComparison.Ordinal))
            .Replace("<s>", model == "wordpiece" ? "[CLS]" : "<s>", StringComparison.Ordinal);
        var json = TinyTokenizer.Write(TinyTokenizer.Model(model), normalizer, preTokenizer, decoder, post, tokens);
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, json);
            Compare(TextTokenizer.Parse(json), new RustTokenizer(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static void Compare(TextTokenizer ours, RustTokenizer library)
    {
        var differences = new Differences();
        foreach (var (family, raw) in Texts)
        {
            var text = raw;
            if (library.Encode(text) is not { } expected)
            {
                continue; // It fails where the vocabulary has no token, and so do we; not the same words.
            }

            int[] ids = [.. ours.Encode(text, addSpecialTokens: true, parseSpecialTokens: true, TestContext.Current.CancellationToken).Select(static span => span.Id)];
            differences.Compare(family, text, expected, ids);
            if (expected.Length > 0)
            {
                differences.Compare($"{family}, decoded", text, library.Decode(expected), ours.Decode(expected, skipSpecialTokens: true));
            }
        }

        differences.AssertNone();
    }

    private static readonly IReadOnlyList<ParityText> Texts = [.. ParityCorpus.Generate(["<s>", "<tool>", "[MASK]", "<|x|>", "<|x|>y", "[CLS]"], ["the", "yes", "É", "E\u0301", "##a", "▁", "<0x41>", "</w>"], 700, seed: 5)
        .Where(static text => text.Text.Length < 300)
        .Select(static text => text with { Text = string.Concat(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Text)).EnumerateRunes().Where(static rune => IsKnownToAll(rune.Value)).Select(static rune => rune.ToString())) })];

    // The library's categories of marks and punctuation are those of Unicode 8; what is newer is left out, block by block.
    private static bool IsKnownToAll(int point) => CharUnicodeInfo.GetUnicodeCategory(point) is not UnicodeCategory.OtherNotAssigned
        && (point is < 0x5D0 or (>= 0x5D0 and < 0x61C) or (>= 0x620 and < 0x700) or (>= 0x900 and < 0x980) or (>= 0xE00 and < 0xE80) or (>= 0x1100 and < 0x1200) or (>= 0x1E00 and < 0x2E00)
            or (>= 0x3000 and < 0x32FF) or (>= 0x3300 and < 0x9FA6) or (>= 0xAC00 and < 0xD7A4) or (>= 0xF900 and < 0xFB00) or (>= 0xFB00 and < 0xFDD0) or (>= 0xFF00 and < 0xFFFE)
            or (>= 0x10300 and < 0x10450) or (>= 0x1D400 and < 0x1D800) or (>= 0x1F300 and < 0x1F650) or (>= 0x20000 and < 0x2A6D7) or 0x200D or 0xFE0F);
}
