using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using CsCheck;
using GenAiLab.Decoder.Engine;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Decoder.Tests;

/// <summary>Vectors of sequences.</summary>
public sealed class EmbedTests
{
    // The grid of this short window is 16 tokens: three chunks, the last of one token.
    private static readonly int[] Sequence = [.. Enumerable.Range(0, 33).Select(static at => (at * 37) % 96)];

    [Fact]
    public async Task TheStateOfTheLastTokenGivesTheLogitsOfTheNextOne()
    {
        await using var host = await DecoderHost.StartAsync();
        using var call = host.Client.Step(DecoderHost.Options);
        var logits = MemoryMarshal.Cast<byte, float>((await DecoderHost.ExchangeAsync(call, DecoderHost.Open(Sequence))).Distribution.AllLogits.Span).ToArray();
        var state = await EmbedAsync(host, Sequence, Pooling.Last, unnormalized: true);
        Assert.Equal(TinyModel.Config.HiddenSize, state.Length);

        // The head is the embedding, transposed.
        var head = MemoryMarshal.Cast<byte, float>(TinyModel.Graph().Graph.Initializer.Single(static tensor => tensor.Name == "embedding").RawData.Span).ToArray();
        for (var id = 0; id < logits.Length; id++)
        {
            Assert.Equal(logits[id], TensorPrimitives.Dot(state, head.AsSpan(id * state.Length, state.Length)), 1e-4f);
        }
    }

    [Fact]
    public async Task TheMeanIsOverTheStatesOfAllTokens()
    {
        await using var host = await DecoderHost.StartAsync();
        var mean = await EmbedAsync(host, Sequence, Pooling.Mean, unnormalized: true);
        var sum = new double[mean.Length];
        for (var length = 1; length <= Sequence.Length; length++)
        {
            // A token's state does not depend on those after it.
            var state = await EmbedAsync(host, Sequence[..length], Pooling.Last, unnormalized: true);
            for (var at = 0; at < sum.Length; at++)
            {
                sum[at] += state[at] / (double)Sequence.Length;
            }
        }

        Assert.Equal(sum.Select(static value => (float)value), mean, static (left, right) => Math.Abs(left - right) < 1e-4f);
        var unspecified = await EmbedAsync(host, Sequence, Pooling.Unspecified, unnormalized: false);
        Assert.Equal(1, TensorPrimitives.Norm<float>(unspecified), 1e-5f);
        Assert.Equal(1, TensorPrimitives.CosineSimilarity<float>(mean, unspecified), 1e-5f);
    }

    [Theory]
    [InlineData(Pooling.Mean)]
    [InlineData(Pooling.Last)]
    public async Task AVectorHasTheSameBitsInAnyCompanyAndFromTheCache(Pooling pooling)
    {
        await using var host = await DecoderHost.StartAsync();
        var alone = await EmbedAsync(host, Sequence, pooling);
        using var call = host.Client.GenerateTokens(
            new GenerateTokensRequest
            {
                Prompt = DecoderHost.Ids(Sequence[..20]),
                Sampling = new SamplingProgram { Seed = 1 },
                Candidates = 3,
                IgnoreEndOfSequence = true,
            },
            DecoderHost.Options);
        Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        var vectors = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => EmbedAsync(host, Sequence, pooling)));
        Assert.All(vectors, vector => Assert.Equal(alone, vector));
    }

    [Fact]
    public async Task ItWaitsForASlotLikeAnyOther()
    {
        await using var host = await DecoderHost.StartAsync(settings: [("Decoder:Slots", "1"), ("Decoder:MaximumWaiting", "1")]);
        using var holder = host.Client.Step(DecoderHost.Options);
        await DecoderHost.ExchangeAsync(holder, DecoderHost.Open([1]));
        Task<float[]>[] calls = [EmbedAsync(host, Sequence, Pooling.Mean), EmbedAsync(host, Sequence, Pooling.Mean)];
        var refused = await Task.WhenAny(calls).WaitAsync(DecoderHost.Patience, TestContext.Current.CancellationToken);
        Assert.Equal(StatusCode.ResourceExhausted, (await DecoderHost.FailureAsync(() => refused)).Code);
        await holder.RequestStream.CompleteAsync();
        Assert.NotEmpty(await calls.Single(call => call != refused).WaitAsync(DecoderHost.Patience, TestContext.Current.CancellationToken));
        await host.WaitForSlotsInUseAsync(0);
    }

    [Theory]
    [InlineData("tokens", """{}""")]
    [InlineData("tokens", """{ "tokens": {} }""")]
    [InlineData("tokens.ids[1]", """{ "tokens": { "ids": [1, 96] } }""")]
    [InlineData("pooling", """{ "tokens": { "ids": [1] }, "pooling": 3 }""")]
    [InlineData("admission.priority", """{ "tokens": { "ids": [1] }, "admission": { "priority": 11 } }""")]
    public async Task ARequestThatBreaksTheContractIsToldTheField(string field, string json)
    {
        await using var host = await DecoderHost.StartAsync();
        var failure = await DecoderHost.FailureAsync(async () => await host.Client.EmbedAsync(EmbedRequest.Parser.ParseJson(json), DecoderHost.Options));
        Assert.Equal((StatusCode.InvalidArgument, field), (failure.Code, failure.Field));
        failure = await DecoderHost.FailureAsync(() => EmbedAsync(host, [.. Enumerable.Repeat(1, 49)], Pooling.Mean));
        Assert.Equal((StatusCode.InvalidArgument, "tokens"), (failure.Code, failure.Field));
        Assert.Equal(TinyModel.Config.HiddenSize, (await EmbedAsync(host, [.. Enumerable.Repeat(1, 48)], Pooling.Mean)).Length);
    }

    [Fact]
    public async Task StatesThatAreNoNumbersAreNoVector()
    {
        await using var host = await DecoderHost.StartAsync(static root => TinyModel.WriteFailing(root, "tiny"), ("Decoder:Deterministic", "false"));
        Assert.Equal(StatusCode.Internal, (await DecoderHost.FailureAsync(() => EmbedAsync(host, Sequence, Pooling.Mean))).Code);
        Assert.NotEmpty(await EmbedAsync(host, Sequence[..TinyModel.FailingPosition], Pooling.Mean));
    }

    [Fact]
    public void PartsOfASequencePoolAsTheWhole() =>
        Gen.Select(Gen.Int[1, 5], Gen.Single[-2, 2].Array[30, 30], Gen.Int[1, 4]).Sample((width, values, part) =>
        {
            var rows = values.Length / width;
            foreach (var pooling in new[] { Pooling.Mean, Pooling.Last })
            {
                var (whole, parts) = (new EmbeddingPool(pooling), new EmbeddingPool(pooling));
                whole.Add(values.AsSpan(0, rows * width), rows);
                for (var row = 0; row < rows; row += part)
                {
                    var count = Math.Min(part, rows - row);
                    parts.Add(values.AsSpan(row * width, count * width), count);
                }

                Assert.Equal(whole.ToVector(unnormalized: true), parts.ToVector(unnormalized: true));
                Assert.Equal(whole.ToVector(unnormalized: false), parts.ToVector(unnormalized: false));
            }
        });

    private static async Task<float[]> EmbedAsync(DecoderHost host, int[] tokens, Pooling pooling, bool unnormalized = false) =>
        [.. (await host.Client.EmbedAsync(new EmbedRequest { Tokens = DecoderHost.Ids(tokens), Pooling = pooling, Unnormalized = unnormalized }, DecoderHost.Options)).Values];
}
