using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace GenAiLab.Models.Tests.Parity;

/// <summary>
/// Where npm @huggingface/tokenizers 0.2.0, a port to JavaScript, cuts otherwise than the library that it ports. Such
/// texts are compared with the library alone.
/// </summary>
internal static partial class JavaScriptPort
{
    // Of the models that spm_train makes with byte fallback: <unk>, <s>, </s>, then the bytes.
    private const int FirstByte = 3;
    private const int LastByte = 258;
    private static readonly Lazy<HashSet<int>> Unlike = new(UnlikeCategories);

    /// <summary>The rule by which the port differs on a text; null: it must not.</summary>
    /// <param name="vocabulary">Its name among <see cref="ParityVocabularies"/>.</param>
    /// <param name="text">Well-formed.</param>
    /// <param name="ids">What the library makes of it.</param>
    public static string? Rule(string vocabulary, string text, int[] ids) => vocabulary switch
    {
        "gpt2" or "claude" when JavaScriptSpace().IsMatch(text) => "\\s in GPT-2's pattern: JavaScript's has U+FEFF and lacks U+0085",
        "claude" when text.EnumerateRunes().Any(static rune => IsLaterCompatibility(rune.Value)) => "NFKC of characters later than the library's Unicode 9.0",
        "bert" when text.EnumerateRunes().Any(static rune => rune.Value is >= 0x20000 and <= 0x2FA1F) => "Han outside the Basic Multilingual Plane is not set apart",
        "bert" when text.Contains('Σ', StringComparison.Ordinal) => "lower case of a final sigma: the library looks at one character at a time",
        "bert" when text.EnumerateRunes().Any(static rune => Unlike.Value.Contains(rune.Value)) => "punctuation and marks later than the library's Unicode 8.0",
        "t5" or "xlm-roberta" or "unigram-bytes" when !Ascii().IsMatch(text) => "sentencepiece's normalization table: NFKC in its place",
        "unigram-bytes" when ids.Any(static id => id is >= FirstByte and <= LastByte) => "byte fallback in Unigram: it has none",
        _ => null,
    };

    // What has a compatibility decomposition in Unicode 17.0 and had none in 9.0, among what this corpus draws from.
    private static bool IsLaterCompatibility(int point) => point is 0x32FF or (>= 0xA7F1 and <= 0xA7F4) or 0xAB69 or 0x1F16C;

    // Characters whose category the library takes from an older table: asked of the library itself.
    private static HashSet<int> UnlikeCategories()
    {
        var punctuation = Library("null", """{"type":"BertPreTokenizer"}""");
        var marks = Library("""{"type":"BertNormalizer","clean_text":false,"handle_chinese_chars":false,"strip_accents":true,"lowercase":false}""", "null");
        return
        [
            .. Enumerable.Range(0x80, 0x10FFFF - 0x80).Where(Rune.IsValid).Where(point =>
            {
                var (text, category) = (new Rune(point).ToString(), CharUnicodeInfo.GetUnicodeCategory(point));
                var isPunctuation = category is >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation;
                return category != UnicodeCategory.OtherNotAssigned
                    && (isPunctuation != (punctuation.Encode($"a{text}a")!.Length == 3) || ((category == UnicodeCategory.NonSpacingMark) != (marks.Encode(text)!.Length == 0)));
            }),
        ];
    }

    private static RustTokenizer Library(string normalizer, string preTokenizer)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(
                path,
                $$$"""{"version":"1.0","truncation":null,"padding":null,"added_tokens":[],"normalizer":{{{normalizer}}},"pre_tokenizer":{{{preTokenizer}}},"post_processor":null,"decoder":null,"model":{"type":"WordLevel","unk_token":"?","vocab":{"?":0} } }""");
            return new RustTokenizer(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [GeneratedRegex("[\u0085\uFEFF]")]
    private static partial Regex JavaScriptSpace();

    [GeneratedRegex("^[ -~]*$")]
    private static partial Regex Ascii();
}
