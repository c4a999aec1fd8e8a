using System.Globalization;
using System.Text;
using System.Text.Json;
using GenAiLab.Models.Tokenization;

namespace GenAiLab.Models.Tests.Parity;

/// <summary>
/// Ids and texts equal to those of Hugging Face's own library, over ten thousand texts a vocabulary. Lone surrogates
/// count as U+FFFD: the library takes none, so it is given the text with them replaced, and ours the text as it is.
/// </summary>
public sealed class ParityTests(ParityVocabularies vocabularies, ITestOutputHelper output) : IClassFixture<ParityVocabularies>
{
    private const int Generated = 10_000;

    // The same library in another language, on texts that were compared with it already.
    private const int GeneratedForThePort = 2_000;

    // Bytes: more than any piece that a pre-tokenizer leaves of prose.
    private const int LongRun = 250_000;

    /// <summary>All vocabularies.</summary>
    public static TheoryData<string> Names => ParityVocabularies.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void Ids_and_text_are_those_of_the_Rust_library_and_places_lie_in_the_text(string name)
    {
        var folder = vocabularies.Folder(name);
        var rust = new RustTokenizer(Path.Combine(folder, "tokenizer.json"));
        var ours = TextTokenizer.Load(Path.Combine(folder, "tokenizer.json"));
        var differences = new Differences();
        foreach (var (family, text) in ParityVocabularies.Corpus(folder, Generated, seed: 1))
        {
            var expected = rust.Encode(WellFormed(text))!;
            var spans = ours.Encode(text, addSpecialTokens: true, parseSpecialTokens: true, TestContext.Current.CancellationToken);
            differences.Compare(family, text, expected, [.. spans.Select(static span => span.Id)]);
            differences.Compare($"{family}, decoded", text, rust.Decode(expected), ours.Decode(expected, skipSpecialTokens: true));
            AssertPlaces(ours, spans, text, isWhole: ParityVocabularies.Plain.Contains(name));
        }

        differences.AssertNone();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Ids_and_text_are_those_of_the_JavaScript_port_where_it_is_faithful(string name)
    {
        var folder = vocabularies.Folder(name);
        var rust = new RustTokenizer(Path.Combine(folder, "tokenizer.json"));
        var ours = TextTokenizer.Load(Path.Combine(folder, "tokenizer.json"));
        var texts = ParityVocabularies.Corpus(folder, GeneratedForThePort, seed: 1).Select(static text => text with { Text = WellFormed(text.Text) }).ToList();
        var answers = await NodeTokenizer.HuggingFaceAsync(folder, [.. texts.Select(static text => text.Text)], special: true);
        var differences = new Differences();
        var rules = new Dictionary<string, int>();
        foreach (var (index, (family, text)) in texts.Index())
        {
            if (JavaScriptPort.Rule(name, text, rust.Encode(text)!) is { } rule)
            {
                rules[rule] = rules.GetValueOrDefault(rule) + 1;
                continue;
            }

            int[] ids = [.. ours.Encode(text, addSpecialTokens: true, parseSpecialTokens: true, TestContext.Current.CancellationToken).Select(static span => span.Id)];
            differences.Compare(family, text, answers[index].Ids, ids);
        }

        foreach (var (rule, count) in rules)
        {
            output.WriteLine($"{count} of {texts.Count} texts left to the Rust library: {rule}");
        }

        differences.AssertNone();
    }

    [Theory]
    [InlineData("llama3")]
    [InlineData("deepseek_v3")]
    [InlineData("llama2")]
    [InlineData("bert")]
    [InlineData("t5")]
    public void Every_code_point_is_cut_as_the_Rust_library_cuts_it(string name)
    {
        var folder = vocabularies.Folder(name);
        var rust = new RustTokenizer(Path.Combine(folder, "tokenizer.json"));
        var ours = TextTokenizer.Load(Path.Combine(folder, "tokenizer.json"));
        var differences = new Differences();
        foreach (var point in Alphabets.CodePoints)
        {
            // Within a word, after a space, and alone among digits.
            var character = new Rune(point).ToString();
            var text = $"a{character}b {character}\u0301 {character}1{character}";
            int[] ids = [.. ours.Encode(text, addSpecialTokens: true, parseSpecialTokens: true, TestContext.Current.CancellationToken).Select(static span => span.Id)];
            differences.Compare(CharUnicodeInfo.GetUnicodeCategory(point).ToString(), text, rust.Encode(text)!, ids);
        }

        differences.AssertNone();
    }

    // Not beside the JavaScript port, which needs ten seconds for some of them.
    [Theory]
    [MemberData(nameof(Names))]
    public void A_long_run_of_one_thing_is_cut_as_the_Rust_library_cuts_it(string name)
    {
        var folder = vocabularies.Folder(name);
        var rust = new RustTokenizer(Path.Combine(folder, "tokenizer.json"));
        var ours = TextTokenizer.Load(Path.Combine(folder, "tokenizer.json"));
        var differences = new Differences();
        foreach (var unit in new[] { "a", " ", "a ", "\u0301", "あ" })
        {
            var text = string.Concat(Enumerable.Repeat(unit, LongRun / Encoding.UTF8.GetByteCount(unit)));
            int[] ids = [.. ours.Encode(text, addSpecialTokens: true, parseSpecialTokens: true, TestContext.Current.CancellationToken).Select(static span => span.Id)];
            differences.Compare($"{LongRun} bytes of '{unit}'", text, rust.Encode(text)!, ids);
        }

        differences.AssertNone();
    }

    // Forward and within the text; where nothing is normalized, end to end, and each piece is what stands there.
    private static void AssertPlaces(TextTokenizer tokenizer, IReadOnlyList<TokenSpan> spans, string text, bool isWhole)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var (place, unit, end) = (0, 0, 0);
        foreach (var span in spans)
        {
            Assert.True(span.ByteOffset >= place && span.CharOffset >= unit, $"{span} goes back in {JsonSerializer.Serialize(text)}");
            Assert.True(span is { ByteLength: >= 0, CharLength: >= 0 } && span.ByteOffset + span.ByteLength <= bytes.Length && span.CharOffset + span.CharLength <= text.Length, $"{span} leaves {JsonSerializer.Serialize(text)}");
            (place, unit) = (span.ByteOffset, span.CharOffset);
            if (isWhole)
            {
                Assert.Equal(end, span.ByteOffset);
                Assert.Equal(bytes[end..(end + span.ByteLength)], tokenizer.TokenBytes(span.Id).ToArray());
                end += span.ByteLength;
            }
        }

        Assert.True(!isWhole || end == bytes.Length);
    }

    private static string WellFormed(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
