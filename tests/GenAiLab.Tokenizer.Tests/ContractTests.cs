using GenAiLab.V1;
using Google.Rpc;
using Grpc.Core;
using Grpc.Health.V1;

namespace GenAiLab.Tokenizer.Tests;

public sealed class ContractTests(PublicVocabularyHost fixture) : IClassFixture<PublicVocabularyHost>
{
    private V1.Tokenizer.TokenizerClient Client => fixture.Host.Client;

    [Fact]
    public async Task Without_a_model_folder_the_public_vocabularies_are_served()
    {
        var health = await fixture.Host.Health.CheckAsync(new HealthCheckRequest(), Options());
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, health.Status);
        var list = await Client.ListVocabulariesAsync(new ListVocabulariesRequest(), Options());
        // The hashes by which tiktoken checks its downloads of the rank files.
        Assert.Equal(
            [
                new VocabularyIdentity { Name = "cl100k_base", Size = 100277, Sha256 = "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7" },
                new VocabularyIdentity { Name = "gpt2", Size = 50257, Sha256 = "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930" },
                new VocabularyIdentity { Name = "o200k_base", Size = 200019, Sha256 = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d" },
                new VocabularyIdentity { Name = "r50k_base", Size = 50257, Sha256 = "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930" },
            ],
            list.Vocabularies.Where(static vocabulary => vocabulary.Name != "o200k_harmony"));
        // The pieces of o200k_base and other special tokens, so no hash of a download.
        Assert.Equal(5, list.Vocabularies.Select(static vocabulary => vocabulary.Name).Distinct().Count());
        Assert.Equal(4, list.Vocabularies.Select(static vocabulary => vocabulary.Sha256).Distinct().Count());
        Assert.Equal("lab-base", list.DefaultVocabulary);
    }

    [Theory]
    [InlineData("no-such")]
    [InlineData("../../etc")]
    [InlineData("")]
    public async Task An_unknown_vocabulary_is_not_found_and_the_known_are_named(string name)
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await Client.EncodeAsync(new EncodeRequest { Vocabulary = name, Text = "x" }, Options()));
        Assert.Equal(StatusCode.NotFound, error.StatusCode);
        Assert.Contains("cl100k_base", error.Status.Detail);
    }

    [Fact]
    public async Task A_text_of_exactly_a_mebibyte_is_taken_and_one_byte_more_is_not()
    {
        var text = string.Concat(Enumerable.Repeat("a b c d ", (1 << 20) / 8));
        var response = await Client.EncodeAsync(new EncodeRequest { Vocabulary = "cl100k_base", Text = text }, Options());
        Assert.Equal(1 << 20, response.Tokens.Sum(static token => token.ByteLength));
        await AssertInvalid("text", async () => await Client.EncodeAsync(new EncodeRequest { Vocabulary = "cl100k_base", Text = text + "x" }, Options()));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(100256)]
    [InlineData(100277)]
    [InlineData(int.MaxValue)]
    public async Task An_id_that_is_no_token_is_refused(int id) => await AssertInvalid("tokens.ids", async () =>
        await Client.DecodeAsync(new DecodeRequest { Vocabulary = "cl100k_base", Tokens = new TokenIds { Ids = { 1, id } } }, Options()));

    [Fact]
    public async Task Too_many_ids_are_refused() => await AssertInvalid("tokens.ids", async () =>
        await Client.DecodeAsync(new DecodeRequest { Vocabulary = "cl100k_base", Tokens = new TokenIds { Ids = { new int[131_073] } } }, Options()));

    [Fact]
    public async Task A_message_over_four_mebibytes_is_refused_and_the_next_call_works()
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () =>
            await Client.EncodeAsync(new EncodeRequest { Vocabulary = "cl100k_base", Text = new string('a', 5 << 20) }, Options()));
        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
        var next = await Client.EncodeAsync(new EncodeRequest { Vocabulary = "cl100k_base", Text = "hello" }, Options());
        Assert.Single(next.Tokens);
    }

    [Theory]
    [InlineData("cl100k_base", 100277, 5)]
    [InlineData("o200k_base", 200019, 2)]
    public async Task Pieces_come_in_order_and_in_batches(string vocabulary, int size, int specials)
    {
        using var call = Client.ListPieces(new ListPiecesRequest { Vocabulary = vocabulary }, Options());
        var (next, special) = (0, 0);
        await foreach (var message in call.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            Assert.Equal(next, message.FirstId);
            Assert.InRange(message.Pieces.Count, 1, 4096);
            Assert.Equal(vocabulary, message.Vocabulary.Name);
            next += message.Pieces.Count;
            special += message.SpecialIds.Count;
        }

        Assert.Equal((size, specials), (next, special));
    }

    private static async Task AssertInvalid(string field, Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<RpcException>(call);
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Equal(field, Assert.Single(error.GetRpcStatus()!.GetDetail<BadRequest>().FieldViolations).Field);
    }

    private static CallOptions Options() =>
        new(deadline: DateTime.UtcNow + TokenizerHost.Patience, cancellationToken: TestContext.Current.CancellationToken);
}
