using GenAiLab.Orchestrator.Tests.Fakes;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Tests.Calls;

public sealed class EmbedTests
{
    [Fact]
    public async Task Vectors_come_in_order_of_the_texts_a_few_at_a_time()
    {
        await using var lab = await FakeLab.StartAsync();
        var several = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lab.Decoder.BeforeEmbedding = async cancellation =>
        {
            if (lab.Decoder.Embeddings > 1)
            {
                several.TrySetResult();
            }

            await several.Task.WaitAsync(cancellation);
        };
        var texts = Enumerable.Range(1, 20).Select(static length => new string('x', length)).ToList();

        var response = await EmbedAsync(lab, new OrchestratorEmbedRequest { Texts = { texts }, Unnormalized = true });

        Assert.Equal(Enumerable.Range(1, 20).Select(static x => (float)x), response.Embeddings.Select(static embedding => embedding.Values[1]));
        Assert.Equal(("fake-base", Enumerable.Range(2, 20).Sum()), (response.Model, response.Tokens));
        Assert.InRange(lab.Decoder.MostEmbeddings, 2, 4);
    }

    [Fact]
    public async Task Fewer_dimensions_are_scaled_to_length_1_again()
    {
        await using var lab = await FakeLab.StartAsync();
        var request = new OrchestratorEmbedRequest { Tokens = { new TokenIds { Ids = { FakeVocabulary.Bytes("xxx") } } }, Dimensions = 2 };

        var shortened = Assert.Single((await EmbedAsync(lab, request)).Embeddings).Values;
        request.Unnormalized = true;
        var raw = Assert.Single((await EmbedAsync(lab, request)).Embeddings).Values;

        Assert.Equal([MathF.Sqrt(0.5f), MathF.Sqrt(0.5f)], shortened, static (a, b) => MathF.Abs(a - b) < 1e-6);
        Assert.Equal([3, 3], raw);
    }

    [Fact]
    public async Task A_field_out_of_range_is_named()
    {
        await using var lab = await FakeLab.StartAsync();

        Assert.Equal("texts", await FieldAsync(lab, new OrchestratorEmbedRequest()));
        Assert.Equal("texts", await FieldAsync(lab, new OrchestratorEmbedRequest { Texts = { Enumerable.Repeat("a", 257) } }));
        Assert.Equal("texts", await FieldAsync(lab, new OrchestratorEmbedRequest { Texts = { Enumerable.Repeat(new string('a', 600_000), 2) } }));
        Assert.Equal("texts[1]", await FieldAsync(lab, new OrchestratorEmbedRequest { Texts = { "a", "" } }));
        Assert.Equal("texts[1]", await FieldAsync(lab, new OrchestratorEmbedRequest { Texts = { "a", new string('a', 60) } }));
        Assert.Equal("tokens", await FieldAsync(lab, new OrchestratorEmbedRequest { Texts = { "a" }, Tokens = { new TokenIds { Ids = { 1 } } } }));
        Assert.Equal("tokens[0]", await FieldAsync(lab, new OrchestratorEmbedRequest { Tokens = { new TokenIds() } }));
        Assert.Equal("tokens[0].ids[1]", await FieldAsync(lab, new OrchestratorEmbedRequest { Tokens = { new TokenIds { Ids = { 1, -1 } } } }));
        Assert.Equal("pooling", await FieldAsync(lab, new OrchestratorEmbedRequest { Texts = { "a" }, Pooling = (Pooling)9 }));
        Assert.Equal("dimensions", await FieldAsync(lab, new OrchestratorEmbedRequest { Texts = { "a" }, Dimensions = -1 }));
        Assert.Equal("dimensions", await FieldAsync(lab, new OrchestratorEmbedRequest { Texts = { "a" }, Dimensions = 4 }));
    }

    private static async Task<OrchestratorEmbedResponse> EmbedAsync(FakeLab lab, OrchestratorEmbedRequest request) =>
        await lab.Client.EmbedAsync(request, deadline: DateTime.UtcNow + Patience.Limit);

    private static async Task<string> FieldAsync(FakeLab lab, OrchestratorEmbedRequest request) =>
        (await Assert.ThrowsAsync<RpcException>(() => EmbedAsync(lab, request))).Field();
}
