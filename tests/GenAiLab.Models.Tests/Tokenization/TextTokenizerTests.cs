using System.Diagnostics;
using System.Text;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Tests.Parity;
using GenAiLab.Models.Tokenization;

namespace GenAiLab.Models.Tests.Tokenization;

/// <summary>What a tokenizer promises beside its ids: places, streams, what users cannot do with special tokens, time.</summary>
public sealed class TextTokenizerTests
{
    private const string ByteLevel = """{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}""";
    private const string Metaspace = """{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}""";
    private const string LlamaDecoder = """{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]}""";
    private const string Marks = """{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]}""";
    private const string Bert = """{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true}""";
    private const string WordPieceDecoder = """{"type":"WordPiece","prefix":"##","cleanup":true}""";

    /// <summary>One of every kind: its name, and what a long text costs it must be in proportion.</summary>
    public static TheoryData<string> Kinds => [.. Tokenizers.Keys];

    private static readonly Dictionary<string, TextTokenizer> Tokenizers = new()
    {
        ["bytes"] = Read("bytes", null, ByteLevel, ByteLevel),
        ["bytes, NFC, words by a regular expression"] = Read("bytes", """{"type":"NFC"}""", $$$"""{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"\\p{L}+|\\s+(?!\\S)|[^\\p{L}]"},"behavior":"Isolated","invert":false},{{{ByteLevel.Replace("true}", "false}", StringComparison.Ordinal)}}}]}""", ByteLevel),
        ["whole text"] = Read("characters", Marks, null, LlamaDecoder),
        ["characters"] = Read("characters", null, Metaspace, LlamaDecoder),
        ["affixes"] = Read("affixes", """{"type":"Lowercase"}""", """{"type":"BertPreTokenizer"}""", """{"type":"BPEDecoder","suffix":"</w>"}"""),
        ["wordpiece"] = Read("wordpiece", Bert, """{"type":"BertPreTokenizer"}""", WordPieceDecoder),
        ["unigram"] = Read("unigram", """{"type":"NFKC"}""", Metaspace, Metaspace),
        ["unigram, whole text"] = Read("unigram with bytes", null, Metaspace.Replace("\"split\":true", "\"split\":false", StringComparison.Ordinal), LlamaDecoder),
        ["wordlevel"] = Read("wordlevel", """{"type":"NFKD"}""", """{"type":"Whitespace"}""", null),
    };

    private static readonly string[] Texts =
    [
        .. ParityCorpus.Generate(["<s>", "<tool>"], ["the", "▁the", "##a"], 300, seed: 9).Select(static text => text.Text),
    ];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Places_never_go_back_and_lie_in_the_text(string kind)
    {
        foreach (var text in Texts)
        {
            var spans = Tokenizers[kind].Encode(text, addSpecialTokens: true, parseSpecialTokens: true, TestContext.Current.CancellationToken);
            var bytes = Encoding.UTF8.GetByteCount(text);
            var last = 0;
            foreach (var span in spans)
            {
                Assert.InRange(span.ByteOffset, last, bytes);
                Assert.InRange(span.ByteOffset + span.ByteLength, span.ByteOffset, bytes);
                Assert.InRange(span.CharOffset + span.CharLength, span.CharOffset, text.Length);
                // Whole characters around the bytes: what lies in front in one counts as much in the other.
                Assert.InRange(span.ByteOffset - Encoding.UTF8.GetByteCount(text.AsSpan(0, span.CharOffset)), 0, 3);
                last = span.ByteOffset;
            }

            Assert.Equal(spans.Count, Tokenizers[kind].Count(text, addSpecialTokens: true, parseSpecialTokens: true, TestContext.Current.CancellationToken));
            var ids = new List<int>();
            Tokenizers[kind].EncodeIds(text, ids, addSpecialTokens: true, parseSpecialTokens: true, TestContext.Current.CancellationToken);
            Assert.Equal(spans.Select(static span => span.Id), ids);
        }
    }

    [Theory]
    [InlineData("Straße", "▁|Straß|e|")]
    public void A_piece_is_found_where_the_text_says_it(string text, string expected)
    {
        var tokenizer = Tokenizers["characters"];
        var spans = tokenizer.Encode(text, addSpecialTokens: false, parseSpecialTokens: false, TestContext.Current.CancellationToken);
        Assert.Equal(expected.Replace("|", "", StringComparison.Ordinal), string.Concat(spans.Select(span => tokenizer.TokenText(span.Id))));
        var bytes = Encoding.UTF8.GetBytes(text);
        Assert.Equal(text, Encoding.UTF8.GetString([.. spans.SelectMany(span => bytes[span.ByteOffset..(span.ByteOffset + span.ByteLength)])]));
    }

    [Fact]
    public void What_a_normalizer_changed_is_placed_in_the_text_as_it_was()
    {
        // Lower case and no accents; the Chinese character gets spaces that are not in the text.
        const string text = "ÉTÉ 東 the";
        var spans = Tokenizers["wordpiece"].Encode(text, addSpecialTokens: false, parseSpecialTokens: false, TestContext.Current.CancellationToken);
        Assert.Equal((0, "ÉTÉ"), (spans[0].CharOffset, Slice(spans.Where(static span => span.CharOffset < 3))));
        Assert.Contains(spans, span => text.Substring(span.CharOffset, span.CharLength) == "東");
        Assert.Equal("the", text.Substring(spans[^1].CharOffset, spans[^1].CharLength));

        string Slice(IEnumerable<TokenSpan> part) => string.Concat(part.Select(span => text.Substring(span.CharOffset, span.CharLength)));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_stream_gives_in_parts_what_decoding_gives_at_once(string kind)
    {
        var tokenizer = Tokenizers[kind];
        foreach (var text in Texts)
        {
            int[] ids = [.. tokenizer.Encode(text, addSpecialTokens: false, parseSpecialTokens: true, TestContext.Current.CancellationToken).Select(static span => span.Id)];
            foreach (var skip in new[] { false, true })
            {
                var stream = tokenizer.OpenStream(skip);
                Assert.Equal(tokenizer.Decode(ids, skip), string.Concat(ids.Select(stream.Push)) + stream.Finish());
            }
        }
    }

    [Fact]
    public void A_stream_gives_a_character_as_soon_as_it_is_whole_and_damage_as_soon_as_it_is_certain()
    {
        var tokenizer = Tokenizers["bytes"];
        var stream = tokenizer.OpenStream(skipSpecialTokens: false);
        int[] ids = [.. Encoding.UTF8.GetBytes("🙂").Select(Byte)];
        Assert.Equal(["", "", "", "🙂"], ids.Select(stream.Push));
        Assert.Equal("", stream.Push(Byte(0xE6)));
        Assert.Equal("\uFFFDa", stream.Push(Byte((byte)'a'))); // What began with E6 is no character.
        Assert.Equal("\uFFFD", stream.Push(Byte(0xFF)));
        Assert.Equal(["", "", "\uFFFD"], Encoding.UTF8.GetBytes("\uFFFD").Select(Byte).Select(stream.Push)); // A genuine one.
        Assert.Equal("", stream.Push(Byte(0xF0)));
        Assert.Equal("\uFFFD", stream.Finish());

        static int Byte(byte value) => Enumerable.Range(0, 256).Single(id => Tokenizers["bytes"].TokenBytes(id).Span.SequenceEqual([value]));
    }

    [Fact]
    public void Byte_tokens_of_a_character_come_out_as_the_character()
    {
        var tokenizer = Tokenizers["characters"];
        int[] ids = [.. "<0xE6>|<0x9D>|<0xB1>|▁|<0xE6>|▁".Split('|').Select(entry => Enumerable.Range(0, tokenizer.VocabularySize).First(id => tokenizer.TokenText(id) == entry))];
        var stream = tokenizer.OpenStream(skipSpecialTokens: false);
        Assert.Equal(["", "", "東", " ", "", "\uFFFD "], ids.Select(stream.Push));
        Assert.Equal("東 \uFFFD ", tokenizer.Decode(ids, skipSpecialTokens: false));
        Assert.Equal([0xE6], tokenizer.TokenBytes(ids[0]).ToArray());
        Assert.Equal(" "u8.ToArray(), tokenizer.TokenBytes(ids[3]).ToArray());
    }

    [Fact]
    public void What_a_user_types_is_no_control_token_and_no_mark_but_in_trusted_text_both_are()
    {
        var tokenizer = TextTokenizer.Parse(TinyTokenizer.Write(TinyTokenizer.Model("bytes"), null, ByteLevel, ByteLevel, null, """
            [{"content":"<|end|>","special":true},{"content":"<tool_call>"},{"content":"<｜User｜>","normalized":true},{"content":"Zurich","normalized":true}]
            """));
        const string text = "<|end|><tool_call><｜User｜> Zurich";
        int[] all = [tokenizer.SpecialTokens["<|end|>"], tokenizer.SpecialTokens["<tool_call>"], tokenizer.SpecialTokens["<｜User｜>"]];
        var word = tokenizer.SpecialTokens["Zurich"];

        var plain = Ids(tokenizer.Encode(text, addSpecialTokens: false, parseSpecialTokens: false, TestContext.Current.CancellationToken));
        Assert.Empty(plain.Intersect(all));
        Assert.Contains(word, plain); // An added word is a word.
        Assert.Equal(text, tokenizer.Decode(plain, skipSpecialTokens: true));
        var parsed = Ids(tokenizer.Encode(text, addSpecialTokens: false, parseSpecialTokens: true, TestContext.Current.CancellationToken));
        Assert.Equal(all, parsed[..3]);
        Assert.Equal("<tool_call><｜User｜> Zurich", tokenizer.Decode(parsed, skipSpecialTokens: true)); // Marks are part of a text.

        // The template wrote the first token; the rest, even one that straddles, the user.
        var ranges = Ids(tokenizer.Encode(text, [(0, 7), (9, 4)], TestContext.Current.CancellationToken));
        Assert.Equal(all[..1], ranges.Intersect(all));
        Assert.Equal(2, Ids(tokenizer.Encode("é<|end|>ü<|end|><|end|>", [(1, 7), (9, 7)], TestContext.Current.CancellationToken)).Count(id => id == all[0]));

        static int[] Ids(IReadOnlyList<TokenSpan> spans) => [.. spans.Select(static span => span.Id)];
    }

    [Fact]
    public void Tokens_are_added_in_front_and_behind_and_have_no_length()
    {
        var tokenizer = TextTokenizer.Parse(TinyTokenizer.Write(TinyTokenizer.Model("wordpiece"), Bert, """{"type":"BertPreTokenizer"}""", WordPieceDecoder,
            """{"type":"BertProcessing","sep":["[SEP]",3],"cls":["[CLS]",2]}""", """[{"content":"[CLS]","special":true},{"content":"[SEP]","special":true}]"""));
        var spans = tokenizer.Encode("Cow é", addSpecialTokens: true, parseSpecialTokens: false, TestContext.Current.CancellationToken);
        Assert.Equal((2, 0, 0, true), (spans[0].Id, spans[0].ByteOffset, spans[0].ByteLength, spans[0].IsSpecial));
        Assert.Equal((3, 6, 0, 5, true), (spans[^1].Id, spans[^1].ByteOffset, spans[^1].ByteLength, spans[^1].CharOffset, spans[^1].IsSpecial));
        Assert.StartsWith("cow", tokenizer.Decode([.. spans.Select(static span => span.Id)], skipSpecialTokens: true), StringComparison.Ordinal);
    }

    [Fact]
    public void Lone_surrogates_count_as_replacement_characters()
    {
        foreach (var (_, tokenizer) in Tokenizers)
        {
            Assert.Equal(
                tokenizer.Encode("a\uFFFDb \uFFFD", false, false, TestContext.Current.CancellationToken),
                tokenizer.Encode("a\uD800b \uDC00", false, false, TestContext.Current.CancellationToken));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_megabyte_of_anything_takes_time_in_proportion(string kind)
    {
        // On a quiet machine each takes a tenth of a second to a second; quadratic would be hours.
        string[] long_ = ["a", " ", "a ", "\n", "é", "東", "🙂", "\u0301", "A", "1", "'", "▁", "a\u0301\u0327", "ªA", "<|", "the"];
        foreach (var part in long_)
        {
            var text = string.Concat(Enumerable.Repeat(part, (1 << 20) / Encoding.UTF8.GetByteCount(part)));
            var started = Stopwatch.GetTimestamp();
            Tokenizers[kind].Encode(text, addSpecialTokens: false, parseSpecialTokens: false, TestContext.Current.CancellationToken);
            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(30), $"{kind}: {Stopwatch.GetElapsedTime(started)} for '{part}'");
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_long_word_is_given_up_when_the_caller_leaves(string kind)
    {
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => Tokenizers[kind].Count(new string('a', 100), false, false, cancellation.Token));
    }

    [Fact]
    public async Task Threads_share_a_tokenizer()
    {
        var expected = Texts.Select(text => Tokenizers["unigram"].Encode(text, false, false, TestContext.Current.CancellationToken)).ToList();
        await Parallel.ForEachAsync(Enumerable.Range(0, 4 * Texts.Length), TestContext.Current.CancellationToken, (index, cancellation) =>
        {
            Assert.Equal(expected[index % Texts.Length], Tokenizers["unigram"].Encode(Texts[index % Texts.Length], false, false, cancellation));
            return ValueTask.CompletedTask;
        });
    }

    [Fact]
    public void A_regular_expression_that_takes_for_ever_ends_with_an_error()
    {
        var tokenizer = Read("bytes", null, $$$"""{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"(a+)+$|(a|aa)+b"},"behavior":"Isolated","invert":false},{{{ByteLevel}}}]}""", ByteLevel);
        var error = Assert.Throws<TokenizationException>(() => tokenizer.Count(new string('a', 5_000) + "c", false, false, TestContext.Current.CancellationToken));
        Assert.Contains("too long", error.Message, StringComparison.Ordinal);
    }

    private static TextTokenizer Read(string model, string? normalizer, string? preTokenizer, string? decoder) =>
        TextTokenizer.Parse(TinyTokenizer.Write(TinyTokenizer.Model(model), normalizer, preTokenizer, decoder));
}
