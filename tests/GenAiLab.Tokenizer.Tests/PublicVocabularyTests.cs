using System.Text;
using GenAiLab.V1;
using Microsoft.ML.Tokenizers;

namespace GenAiLab.Tokenizer.Tests;

public sealed class PublicVocabularyTests(PublicVocabularyHost fixture) : IClassFixture<PublicVocabularyHost>
{
    private static readonly string[] Texts =
    [
        "", " ", "Hello, world! It's 12345 o'clock; WE'LL see.", "  leading\n\n\ttabs \r\n and trailing   ",
        "naïve café — “quotes” … 漢字かな交じり文 한국어 العربية हिन्दी", "🙂👩‍👩‍👧‍👦🇩🇪 a🙂b", "e\u0301 combining", "\u0000\u0001",
        "HTTPServer camelCase XMLHttpRequest snake_case /usr/bin//x", new string('a', 3000), new string(' ', 500) + "x",
        "unbelievable unbelievably disbelief", "1234567890 ١٢٣ ½ Ⅷ",
    ];

    public static TheoryData<string, int> Cases() => [.. new[] { "cl100k_base", "o200k_base" }.SelectMany(static name => Enumerable.Range(0, Texts.Length).Select(at => (name, at)))];

    [Theory, MemberData(nameof(Cases))]
    public async Task Ids_are_those_of_an_independent_implementation(string vocabulary, int text)
    {
        var expected = TiktokenTokenizer.CreateForEncoding(vocabulary).EncodeToIds(Texts[text]);
        var response = await EncodeAsync(vocabulary, Texts[text]);
        Assert.Equal(expected, response.Tokens.Select(static token => token.Id));
    }

    [Theory, MemberData(nameof(Cases))]
    public async Task Decoding_gives_back_the_text_and_offsets_lead_into_it(string vocabulary, int text)
    {
        var encoded = await EncodeAsync(vocabulary, Texts[text]);
        var bytes = Encoding.UTF8.GetBytes(Texts[text]);
        var at = 0;
        foreach (var token in encoded.Tokens)
        {
            Assert.Equal(at, token.ByteOffset);
            Assert.Equal(bytes[at..(at + token.ByteLength)], token.Piece.ToByteArray());
            Assert.Contains(Encoding.UTF8.GetString(token.Piece.Span).Trim('\uFFFD'), Texts[text].Substring(token.CharOffset, token.CharLength));
            at += token.ByteLength;
        }

        Assert.Equal(bytes.Length, at);
        var decoded = await fixture.Host.Client.DecodeAsync(new DecodeRequest { Vocabulary = vocabulary, Tokens = Ids(encoded) }, Options());
        Assert.Equal(Texts[text], decoded.Text);
        Assert.Equal(bytes, decoded.TextBytes.ToByteArray());
    }

    [Theory]
    [InlineData("cl100k_base", "unbelievable", "un|belie|vable")]
    [InlineData("o200k_base", "unbelievable", "un|bel|ievable")]
    [InlineData("cl100k_base", "こんにちは", "こんにちは")]
    [InlineData("o200k_base", "こんにちは", "こんにちは")]
    public async Task The_lessons_examples_are_cut_as_measured(string vocabulary, string text, string pieces)
    {
        var response = await EncodeAsync(vocabulary, text);
        Assert.Equal(pieces, string.Join('|', response.Tokens.Select(static token => token.Piece.ToStringUtf8())));
    }

    [Fact]
    public async Task A_token_that_splits_a_character_counts_the_whole_character()
    {
        var response = await EncodeAsync("cl100k_base", "a👾b"); // F0 9F 91 BE
        Assert.True(response.Tokens.Count > 3, "the character is split, or this tests nothing");
        var inner = response.Tokens.Where(static token => token.ByteOffset is >= 1 and < 5).ToList();
        Assert.All(inner, static token => Assert.Equal((1, 2), (token.CharOffset, token.CharLength)));
        Assert.Equal((3, 1), (response.Tokens[^1].CharOffset, response.Tokens[^1].CharLength));
        Assert.Equal((5, 1), (response.Tokens[^1].ByteOffset, response.Tokens[^1].ByteLength));
    }

    [Theory]
    [InlineData("cl100k_base", 100257)]
    [InlineData("o200k_base", 199999)]
    public async Task A_special_token_in_a_text_is_text_unless_asked_for(string vocabulary, int special)
    {
        const string text = "a<|endoftext|>b";
        var plain = await EncodeAsync(vocabulary, text);
        Assert.DoesNotContain(plain.Tokens, static token => token.Special);
        Assert.DoesNotContain(special, plain.Tokens.Select(static token => token.Id));

        var parsed = await fixture.Host.Client.EncodeAsync(
            new EncodeRequest { Vocabulary = vocabulary, Text = text, ParseSpecialTokens = true }, Options());
        Assert.Equal(3, parsed.Tokens.Count);
        Assert.Equal((special, true, 1, 13), (parsed.Tokens[1].Id, parsed.Tokens[1].Special, parsed.Tokens[1].ByteOffset, parsed.Tokens[1].ByteLength));
        Assert.Equal(14, parsed.Tokens[2].ByteOffset);

        var all = await fixture.Host.Client.DecodeAsync(new DecodeRequest { Vocabulary = vocabulary, Tokens = Ids(parsed) }, Options());
        var skipped = await fixture.Host.Client.DecodeAsync(
            new DecodeRequest { Vocabulary = vocabulary, Tokens = Ids(parsed), SkipSpecialTokens = true }, Options());
        Assert.Equal((text, "ab"), (all.Text, skipped.Text));
    }

    [Fact]
    public async Task A_megabyte_without_a_space_is_cut_in_time()
    {
        var response = await EncodeAsync("cl100k_base", string.Concat(Enumerable.Repeat("xqzjkvwy", 1 << 17)));
        Assert.Equal(1 << 20, response.Tokens.Sum(static token => token.ByteLength));
    }

    private async Task<EncodeResponse> EncodeAsync(string vocabulary, string text) =>
        await fixture.Host.Client.EncodeAsync(new EncodeRequest { Vocabulary = vocabulary, Text = text }, Options());

    private static TokenIds Ids(EncodeResponse response) => new() { Ids = { response.Tokens.Select(static token => token.Id) } };

    private static Grpc.Core.CallOptions Options() =>
        new(deadline: DateTime.UtcNow + TokenizerHost.Patience, cancellationToken: TestContext.Current.CancellationToken);
}
