namespace GenAiLab.Models.Tests.Parity;

/// <summary>Components of a tokenizer.json with their settings, each to be put in the place of a published file's.</summary>
internal static class Components
{
    private static readonly string[] Behaviors = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"];
    private static readonly string[] Booleans = ["false", "true"];

    public static IEnumerable<string> Normalizers =>
    [
        "null",
        .. new[] { "NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Nmt" }.Select(static type => $$"""{"type":"{{type}}"}"""),
        .. Booleans.SelectMany(static left => Booleans.Select(right => $$"""{"type":"Strip","strip_left":{{left}},"strip_right":{{right}}}""")),
        """{"type":"Prepend","prepend":"▁"}""",
        """{"type":"Replace","pattern":{"String":" "},"content":"▁"}""",
        """{"type":"Replace","pattern":{"String":"a"},"content":""}""",
        """{"type":"Replace","pattern":{"Regex":"\\s+"},"content":" "}""",
        """{"type":"Replace","pattern":{"Regex":"[aeiou]{1,2}"},"content":"<v>"}""",
        """{"type":"Replace","pattern":{"Regex":"^\\s+|\\s+$"},"content":""}""",
        """{"type":"Sequence","normalizers":[{"type":"NFD"},{"type":"Lowercase"},{"type":"StripAccents"}]}""",
        """{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]}""",
        """{"type":"Sequence","normalizers":[{"type":"NFKC"},{"type":"Replace","pattern":{"Regex":" {2,}"},"content":" "},{"type":"Strip","strip_left":true,"strip_right":true}]}""",
        .. Booleans.SelectMany(static clean => Booleans.SelectMany(han => new[] { "null", "true", "false" }.SelectMany(strip => Booleans.Select(lower =>
            $$"""{"type":"BertNormalizer","clean_text":{{clean}},"handle_chinese_chars":{{han}},"strip_accents":{{strip}},"lowercase":{{lower}}}""")))),
    ];

    public static IEnumerable<string> PreTokenizers =>
    [
        "null", """{"type":"Whitespace"}""", """{"type":"WhitespaceSplit"}""", """{"type":"BertPreTokenizer"}""", """{"type":"UnicodeScripts"}""", """{"type":"CharDelimiterSplit","delimiter":"e"}""",
        .. Behaviors.Select(static behavior => $$"""{"type":"Punctuation","behavior":"{{behavior}}"}"""),
        .. Booleans.Select(static each => $$"""{"type":"Digits","individual_digits":{{each}}}"""),
        .. Behaviors.SelectMany(static behavior => Booleans.SelectMany(invert => new[] { """{"String":" "}""", """{"String":"th"}""", """{"Regex":"\\d"}""", """{"Regex":"[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|\\s+(?!\\S)|\\s+"}""", """{"Regex":"(?=[A-Z])"}""" }
            .Select(pattern => $$"""{"type":"Split","pattern":{{pattern}},"behavior":"{{behavior}}","invert":{{invert}}}"""))),
        .. new[] { "always", "first", "never" }.SelectMany(static scheme => Booleans.Select(split => $$"""{"type":"Metaspace","replacement":"▁","prepend_scheme":"{{scheme}}","split":{{split}}}""")),
        .. Booleans.SelectMany(static prefix => Booleans.Select(regex => $$"""{"type":"ByteLevel","add_prefix_space":{{prefix}},"trim_offsets":true,"use_regex":{{regex}}}""")),
        """{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}]}""",
        """{"type":"Sequence","pretokenizers":[{"type":"Punctuation","behavior":"Contiguous"},{"type":"Digits","individual_digits":false},{"type":"Whitespace"}]}""",
        """{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"\\p{N}{1,3}"},"behavior":"Isolated","invert":false},{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}]}""",
    ];

    public static IEnumerable<string> PostProcessors =>
    [
        "null", """{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":false,"use_regex":true}""", """{"type":"BertProcessing","sep":["<|endoftext|>",3000],"cls":["!",0]}""",
        """{"type":"RobertaProcessing","sep":["<|endoftext|>",3000],"cls":["!",0],"trim_offsets":true,"add_prefix_space":true}""",
        """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"x","type_id":0}}],"pair":[],"special_tokens":{"x":{"id":"x","ids":[3000,1],"tokens":["<|endoftext|>","\""]}}}""",
        """{"type":"Sequence","processors":[{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":false,"use_regex":true},{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<|endoftext|>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[],"special_tokens":{"<|endoftext|>":{"id":"<|endoftext|>","ids":[3000],"tokens":["<|endoftext|>"]}}}]}""",
    ];

    // Strip with a stop is left out: the library ends the process on a token that is shorter.
    public static IEnumerable<string> Decoders =>
    [
        "null", """{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}""", """{"type":"Fuse"}""", """{"type":"ByteFallback"}""",
        .. Booleans.Select(static cleanup => $$"""{"type":"WordPiece","prefix":"##","cleanup":{{cleanup}}}"""),
        .. new[] { "always", "first", "never" }.Select(static scheme => $$"""{"type":"Metaspace","replacement":"▁","prepend_scheme":"{{scheme}}","split":true}"""),
        """{"type":"BPEDecoder","suffix":"</w>"}""", """{"type":"CTC","pad_token":"<pad>","word_delimiter_token":"|","cleanup":true}""",
        """{"type":"Replace","pattern":{"String":"▁"},"content":" "}""", """{"type":"Strip","content":" ","start":1,"stop":0}""", """{"type":"Strip","content":"▁","start":2,"stop":0}""",
        """{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]}""",
        """{"type":"Sequence","decoders":[{"type":"ByteFallback"},{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}]}""",
        """{"type":"Sequence","decoders":[{"type":"Fuse"},{"type":"Replace","pattern":{"Regex":"\\s+"},"content":" "}]}""",
    ];

    /// <summary>Those that look at one character after another, with their place.</summary>
    public static IEnumerable<(string Place, string Component)> ByCharacter =>
    [
        .. new[] { "NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Nmt" }.Select(static type => ("normalizer", $$"""{"type":"{{type}}"}""")),
        ("normalizer", """{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":true,"lowercase":true}"""),
        .. new[] { "Whitespace", "WhitespaceSplit", "BertPreTokenizer", "UnicodeScripts" }.Select(static type => ("pre_tokenizer", $$"""{"type":"{{type}}"}""")),
        ("pre_tokenizer", """{"type":"Punctuation","behavior":"Isolated"}"""), ("pre_tokenizer", """{"type":"Digits","individual_digits":true}"""),
        .. new[] { """\\p{L}""", """\\p{M}""", """\\p{N}""", """\\p{P}""", """\\p{S}""", """\\p{Z}""", """\\p{C}""", """\\p{Lu}""", """\\p{Han}""", """[^a-z]""", """\\w""", """\\s""", """\\d""", """(?i:s|k|ß)""" }
            .Select(static pattern => ("pre_tokenizer", $$"""{"type":"Split","pattern":{"Regex":"{{pattern}}"},"behavior":"Isolated","invert":false}""")),
    ];

    /// <summary>Flags of an added token.</summary>
    public static IEnumerable<string> Flags =>
        Booleans.SelectMany(static word => Booleans.SelectMany(left => Booleans.SelectMany(right => Booleans.SelectMany(normalized => Booleans.Select(special =>
            $$""" "single_word":{{word}},"lstrip":{{left}},"rstrip":{{right}},"normalized":{{normalized}},"special":{{special}} """)))));

    /// <summary>Settings of a BPE model.</summary>
    public static IEnumerable<string> Models =>
    [
        .. new[] { "null", "\"<unk>\"" }.SelectMany(static unknown => Booleans.SelectMany(fuse => Booleans.SelectMany(bytes => Booleans.Select(ignore =>
            $$"""{"type":"BPE","dropout":null,"unk_token":{{unknown}},"continuing_subword_prefix":null,"end_of_word_suffix":null,"fuse_unk":{{fuse}},"byte_fallback":{{bytes}},"ignore_merges":{{ignore}}}""")))),
    ];
}
