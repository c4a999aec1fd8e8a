using GenAiLab.Orchestrator.Tests.Fakes;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Tests.Calls;

public sealed class ScoreTests
{
    [Fact]
    public async Task A_text_is_rated_token_by_token()
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = FakeDecoder.Noise();

        var score = await ScoreAsync(lab, new OrchestratorScoreRequest { Text = "abc", Alternatives = 2 });

        Assert.Equal("fake-base", score.Model);
        Assert.Equal("<|endoftext|>", Assert.Single(score.Context).Piece.ToStringUtf8());
        Assert.Equal("abc", string.Concat(score.Tokens.Select(static token => token.Piece.ToStringUtf8())));
        Assert.Equal(score.Tokens.Sum(static token => token.RawLogProbability), score.SumLogProbability, 1e-4);
        Assert.Equal(Math.Exp(-score.SumLogProbability / 3), score.Perplexity, 1e-2);
        Assert.All(score.Tokens, static token =>
        {
            Assert.Equal([1, 2], token.Alternatives.Select(static alternative => alternative.Rank));
            Assert.Equal(Math.Exp(token.Alternatives[0].RawLogProbability), token.Alternatives[0].Probability, 1e-5);
            Assert.InRange(token.RawLogProbability, -40, token.Alternatives[0].RawLogProbability);
        });
    }

    [Fact]
    public async Task Tokens_before_the_first_are_context()
    {
        await using var lab = await FakeLab.StartAsync();
        var ids = FakeVocabulary.Bytes("abcd");

        var score = await ScoreAsync(lab, new OrchestratorScoreRequest { Tokens = new TokenIds { Ids = { ids } }, First = 3 });

        Assert.Equal("abc", string.Concat(score.Context.Select(static token => token.Piece.ToStringUtf8())));
        Assert.Equal("d", Assert.Single(score.Tokens).Piece.ToStringUtf8());
        Assert.Equal(3, lab.Decoder.Scored.Single().First);
    }

    [Theory]
    [InlineData("input", null, null, 0, 0)]
    [InlineData("text", "", null, 0, 0)]
    [InlineData("tokens", null, 1, 0, 0)]
    [InlineData("tokens", null, FakeDecoder.ContextLength + 1, 0, 0)]
    [InlineData("first", null, 3, 3, 0)]
    [InlineData("first", null, 3, -1, 0)]
    [InlineData("alternatives", null, 3, 0, 21)]
    [InlineData("alternatives", null, 3, 0, -1)]
    public async Task A_field_out_of_range_is_named(string field, string? text, int? tokens, int first, int alternatives)
    {
        await using var lab = await FakeLab.StartAsync();
        var request = new OrchestratorScoreRequest { First = first, Alternatives = alternatives };
        if (text is not null)
        {
            request.Text = text;
        }

        if (tokens is { } count)
        {
            request.Tokens = new TokenIds { Ids = { Enumerable.Repeat(1, count) } };
        }

        Assert.Equal(field, (await Assert.ThrowsAsync<RpcException>(() => ScoreAsync(lab, request))).Field());
    }

    [Fact]
    public async Task An_id_outside_the_vocabulary_is_named_by_its_place()
    {
        await using var lab = await FakeLab.StartAsync();
        var request = new OrchestratorScoreRequest { Tokens = new TokenIds { Ids = { 1, FakeVocabulary.Size } } };

        Assert.Equal("tokens.ids[1]", (await Assert.ThrowsAsync<RpcException>(() => ScoreAsync(lab, request))).Field());
    }

    [Fact]
    public async Task Another_decoder_rates_it_where_one_is_lost()
    {
        await using var lab = await FakeLab.StartFleetAsync(2);
        await lab.StopDecoderAsync(lab.Fleet[0]);

        var score = await ScoreAsync(lab, new OrchestratorScoreRequest { Text = "abc" });

        Assert.Equal(3, score.Tokens.Count);
    }

    private static async Task<OrchestratorScoreResponse> ScoreAsync(FakeLab lab, OrchestratorScoreRequest request) =>
        await lab.Client.ScoreAsync(request, deadline: DateTime.UtcNow + Patience.Limit);
}
