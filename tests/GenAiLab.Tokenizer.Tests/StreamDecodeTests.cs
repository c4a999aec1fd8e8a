using System.Text;
using GenAiLab.V1;
using Google.Rpc;
using Grpc.Core;

namespace GenAiLab.Tokenizer.Tests;

public sealed class StreamDecodeTests(PublicVocabularyHost fixture) : IClassFixture<PublicVocabularyHost>
{
    private const string Cl100k = "cl100k_base";

    [Theory]
    [InlineData("Hello, world!")]
    [InlineData("a👾b 👩‍👩‍👧‍👦 𝒜")]
    [InlineData("a genuine \uFFFD one\uFFFD")]
    [InlineData("漢字かな交じり文 ไทย")]
    public async Task Text_comes_token_by_token_and_never_half_a_character(string text)
    {
        var ids = (await fixture.Host.Client.EncodeAsync(new EncodeRequest { Vocabulary = Cl100k, Text = text }, Options())).Tokens;
        var texts = await DecodeAsync([.. ids.Select(static token => new StreamDecodeRequest { TokenIds = { token.Id } })]);

        Assert.Equal(text, string.Concat(texts));
        Assert.Equal(ids.Count + 1, texts.Count);
        var (said, bytes) = (0, 0);
        for (var at = 0; at < ids.Count; at++)
        {
            bytes += ids[at].ByteLength;
            said += texts[at].Length;
            // Everything that is whole so far has been said, and nothing else.
            Assert.Equal(CharactersWithin(text, bytes), said);
        }
    }

    [Fact]
    public async Task Bytes_that_can_become_no_character_are_not_waited_for()
    {
        var encoded = await fixture.Host.Client.EncodeAsync(new EncodeRequest { Vocabulary = Cl100k, Text = "👾" }, Options());
        var head = encoded.Tokens[0].Id; // F0 9F: the first half.
        var letter = (await fixture.Host.Client.EncodeAsync(new EncodeRequest { Vocabulary = Cl100k, Text = "x" }, Options())).Tokens.Single().Id;

        Assert.Equal(["", "\uFFFDx", "", "\uFFFD"], await DecodeAsync(
            [new StreamDecodeRequest { TokenIds = { head } }, new StreamDecodeRequest { TokenIds = { letter } }, new StreamDecodeRequest { TokenIds = { head } }]));
    }

    [Fact]
    public async Task Special_tokens_are_left_out_on_request()
    {
        StreamDecodeRequest[] Requests(bool skip) => [new StreamDecodeRequest { SkipSpecialTokens = skip, TokenIds = { 100257, 64 } }];
        Assert.Equal("<|endoftext|>a", string.Concat(await DecodeAsync(Requests(skip: false))));
        Assert.Equal("a", string.Concat(await DecodeAsync(Requests(skip: true))));
    }

    [Fact]
    public async Task What_is_wrong_with_a_stream_is_named()
    {
        await AssertInvalid("token_ids", [new StreamDecodeRequest { TokenIds = { 1 } }, new StreamDecodeRequest { TokenIds = { -1 } }]);
        await AssertInvalid("vocabulary", [new StreamDecodeRequest { TokenIds = { 1 } }, new StreamDecodeRequest { Vocabulary = Cl100k }]);
        await AssertInvalid("vocabulary", []);
    }

    private static int CharactersWithin(string text, int bytes)
    {
        var (characters, used) = (0, 0);
        foreach (var rune in text.EnumerateRunes())
        {
            used += rune.Utf8SequenceLength;
            if (used > bytes)
            {
                break;
            }

            characters += rune.Utf16SequenceLength;
        }

        return characters;
    }

    private async Task AssertInvalid(string field, StreamDecodeRequest[] requests)
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => DecodeAsync(requests));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Equal(field, Assert.Single(error.GetRpcStatus()!.GetDetail<BadRequest>().FieldViolations).Field);
    }

    // Each request waits for its answer, as a caller does who shows a text as it comes.
    private async Task<List<string>> DecodeAsync(StreamDecodeRequest[] requests)
    {
        using var call = fixture.Host.Client.StreamDecode(Options());
        var texts = new List<string>();
        foreach (var (index, request) in requests.Index())
        {
            if (index == 0)
            {
                request.Vocabulary = Cl100k;
            }

            await call.RequestStream.WriteAsync(request);
            Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            Assert.Equal(index == 0 ? Cl100k : null, call.ResponseStream.Current.Vocabulary?.Name);
            texts.Add(call.ResponseStream.Current.Text);
        }

        await call.RequestStream.CompleteAsync();
        while (await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
        {
            texts.Add(call.ResponseStream.Current.Text);
        }

        return texts;
    }

    private static CallOptions Options() =>
        new(deadline: DateTime.UtcNow + TokenizerHost.Patience, cancellationToken: TestContext.Current.CancellationToken);
}
