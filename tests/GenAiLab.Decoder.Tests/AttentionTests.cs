using GenAiLab.Models.Llama;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Decoder.Tests;

/// <summary>What the heads of a served model look at.</summary>
public sealed class AttentionTests
{
    private static readonly int[] Text = [.. Enumerable.Range(0, 20).Select(static at => 3 + (at * 11 % 90))];

    [Fact]
    public async Task AHeadOfTheFirstLayerLooksWhereItsQueriesAndKeysSay()
    {
        await using var host = await DecoderHost.StartAsync();
        for (var head = 0; head < TinyModel.Config.Heads; head++)
        {
            var read = await ReadAsync(host, Text, layer: 0, head);
            Assert.Equal((TinyModel.Config.Layers, TinyModel.Config.Heads), (read.Layers, read.Heads));
            var expected = FirstLayer(Text, head).ToArray();
            Assert.Equal(expected.Length, read.Weights.Count);
            Assert.All(expected.Zip(read.Weights), static pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        }
    }

    [Fact]
    public async Task EachTokenLooksAtThoseBeforeItAndNoneOfThoseAfterItMattersToThem()
    {
        await using var host = await DecoderHost.StartAsync(settings: ("Decoder:WeightFormat", "int8"));
        var whole = await ReadAsync(host, Text, layer: 1, head: 2);
        for (int row = 0, first = 0; row < Text.Length; first += ++row)
        {
            Assert.Equal(1, whole.Weights.Skip(first).Take(row + 1).Sum(static weight => (double)weight), 1e-5);
        }

        var part = await ReadAsync(host, Text[..7], layer: 1, head: 2);
        Assert.Equal(7 * 8 / 2, part.Weights.Count);
        Assert.All(part.Weights.Zip(whole.Weights), static pair => Assert.Equal(pair.Second, pair.First, 1e-5));
        Assert.NotEqual(whole.Weights, (await ReadAsync(host, Text, layer: 1, head: 3)).Weights);
    }

    [Fact]
    public async Task AModelThatWasUnloadedIsReadNoMoreAndOneThatIsLoadedAgainIs()
    {
        await using var host = await DecoderHost.StartAsync(static root =>
        {
            TinyModel.Write(root, "tiny");
            TinyModel.Write(root, "other");
        });
        var before = await ReadAsync(host, Text, 0, 0);
        var control = new DecoderControl.DecoderControlClient(host.Channel);
        await control.DrainDecoderAsync(new DrainDecoderRequest { Model = "tiny" }, DecoderHost.Options);
        await control.UnloadDecoderAsync(new UnloadDecoderRequest { Model = "tiny" }, DecoderHost.Options);
        Assert.Equal(StatusCode.FailedPrecondition, (await Assert.ThrowsAsync<RpcException>(() => ReadAsync(host, Text, 0, 0))).StatusCode);
        Assert.Equal(before.Weights, (await ReadAsync(host, Text, 0, 0, "other")).Weights);
        await control.LoadDecoderAsync(new LoadDecoderRequest { Model = "tiny" }, DecoderHost.Options);
        Assert.Equal(before.Weights, (await ReadAsync(host, Text, 0, 0)).Weights);
    }

    [Theory]
    [InlineData(2, 0, 3, "layer")]
    [InlineData(-1, 0, 3, "layer")]
    [InlineData(0, 4, 3, "head")]
    [InlineData(0, 0, 0, "tokens")]
    [InlineData(0, 0, 49, "tokens")]
    public async Task WhatTheModelDoesNotHaveIsRefused(int layer, int head, int tokens, string field)
    {
        await using var host = await DecoderHost.StartAsync();
        var error = await Assert.ThrowsAsync<RpcException>(() => ReadAsync(host, [.. Enumerable.Repeat(5, tokens)], layer, head));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.StartsWith(field, error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AModelThatMayNotBeOpenedTwiceGoesOnGenerating()
    {
        await using var host = await DecoderHost.StartAsync(settings: ("Decoder:MaximumInspectedBytes", "1000"));
        var error = await Assert.ThrowsAsync<RpcException>(() => ReadAsync(host, Text, 0, 0));
        Assert.Equal(StatusCode.FailedPrecondition, error.StatusCode);
        Assert.Contains("Decoder:MaximumInspectedBytes", error.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(() => ReadAsync(host, Text, 0, 0, "none"))).StatusCode);
        Assert.NotEmpty(await host.GenerateAsync(new GenerateTokensRequest { Prompt = DecoderHost.Ids(Text), MaxTokens = 2, Sampling = new SamplingProgram { Temperature = 0 } }));
    }

    [Fact]
    public async Task WhoFindsTooManyReadersBeforeThemIsToldWhenToComeBack()
    {
        const int Readers = 64;
        await using var host = await DecoderHost.StartAsync();
        // The first of them has to open the graph.
        var readers = await Task.WhenAll(Enumerable.Range(0, Readers).Select(async _ =>
        {
            try
            {
                await ReadAsync(host, Text, 0, 0);
                return null;
            }
            catch (RpcException error)
            {
                return error;
            }
        }));
        var refused = readers.OfType<RpcException>().ToList();
        Assert.InRange(refused.Count, 1, Readers - 1);
        Assert.All(refused, static error =>
        {
            Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
            Assert.NotNull(error.GetRpcStatus()?.GetDetail<Google.Rpc.RetryInfo>());
        });
        Assert.NotEmpty((await ReadAsync(host, Text, 0, 0)).Weights);
    }

    private static async Task<ReadAttentionResponse> ReadAsync(DecoderHost host, int[] tokens, int layer, int head, string model = "") =>
        await new AttentionMaps.AttentionMapsClient(host.Channel).ReadAttentionAsync(
            new ReadAttentionRequest { Model = model, Tokens = DecoderHost.Ids(tokens), Layer = layer, Head = head }, DecoderHost.Options);

    // From the definitions: embedding, RMSNorm with gains of 1, projections, rotary positions, scaled products, softmax.
    private static IEnumerable<double> FirstLayer(int[] tokens, int head)
    {
        var config = TinyModel.Config;
        var weights = TinyModel.Weights();
        var shared = head / (config.Heads / config.KeyValueHeads);
        var queries = tokens.Select((token, at) => Project(token, at, weights["layers.0.query"], config.Heads * config.HeadSize, head)).ToArray();
        var keys = tokens.Select((token, at) => Project(token, at, weights["layers.0.key"], config.KeyValueHeads * config.HeadSize, shared)).ToArray();
        for (var row = 0; row < tokens.Length; row++)
        {
            double[] scores = [.. keys.Take(row + 1).Select(key => Math.Exp(key.Zip(queries[row], static (k, q) => k * q).Sum() / Math.Sqrt(config.HeadSize)))];
            foreach (var score in scores)
            {
                yield return score / scores.Sum();
            }
        }

        double[] Project(int token, int position, float[] matrix, int width, int which)
        {
            double[] embedded = [.. weights["embedding"].Skip(token * config.HiddenSize).Take(config.HiddenSize)];
            var norm = Math.Sqrt(embedded.Average(static value => value * value) + LlamaConfig.NormEpsilon);
            double[] projected =
            [
                .. Enumerable.Range(which * config.HeadSize, config.HeadSize).Select(column => embedded.Select((value, from) => value / norm * matrix[(from * width) + column]).Sum()),
            ];
            var half = config.HeadSize / 2;
            return
            [
                .. Enumerable.Range(0, config.HeadSize).Select(place =>
                {
                    var (sine, cosine) = Math.SinCos(position * Math.Pow(LlamaConfig.RopeTheta, -2.0 * (place % half) / config.HeadSize));
                    return place < half ? (projected[place] * cosine) - (projected[place + half] * sine) : (projected[place] * cosine) + (projected[place - half] * sine);
                }),
            ];
        }
    }
}
