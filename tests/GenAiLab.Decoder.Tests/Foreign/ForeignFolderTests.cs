using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Decoder.Tests.Foreign;

/// <summary>Folders that others export work as ours do, whichever way their cache is kept.</summary>
public sealed class ForeignFolderTests
{
    private static readonly int[] Prompt = [.. Enumerable.Range(0, 21).Select(static at => ((at * 37) + 5) % 96)];

    public static TheoryData<ForeignFolder> Folders => ForeignFolder.Data;

    [Theory]
    [MemberData(nameof(Folders), DisableDiscoveryEnumeration = true)]
    public async Task TheListSaysWhatItIs(ForeignFolder folder)
    {
        await using var served = await Served.StartAsync(folder);
        var description = (await served.Host.Client.ListDecodersAsync(new ListDecodersRequest(), DecoderHost.Options)).Decoders.Single();
        Assert.Equal((ModelState.Ready, ""), (description.State, description.Failure));
        Assert.Equal((folder.ContextLength, 96), (description.ContextLength, description.VocabularySize));
        Assert.Equal([2, 3], description.EndOfSequenceIds);
        Assert.Equal((folder.Layout, folder.CacheForm, folder.CacheType), (description.Card.Layout, description.Card.CacheForm, description.Card.CacheType));
        Assert.Equal((folder.WeightFormat, folder.HasHiddenStates), (description.Card.WeightFormat, description.Card.HasHiddenStates));
        // As in QuantizationTests.
        var isBatched = folder.CacheForm == CacheForm.Shared && (folder.WeightFormat != "int4" || !X86Base.IsSupported || Avx512F.IsSupported);
        Assert.Equal(isBatched ? Determinism.Batched : Determinism.Single, description.Determinism);
        Assert.Equal(
            folder.Layout == ModelLayout.Genai
                ? new GenerationDefaults { Temperature = 0.6f, TopK = 50, TopP = 0.9f, RepetitionPenalty = 1.1f }
                : new GenerationDefaults { Temperature = 0, TopP = 0.95f, MaxTokens = 20 },
            description.Card.Defaults);
    }

    [Theory]
    [MemberData(nameof(Folders), DisableDiscoveryEnumeration = true)]
    public async Task GreedyTokensAreThoseOfWholeRuns(ForeignFolder folder)
    {
        await using var served = await Served.StartAsync(folder);
        var request = new GenerateTokensRequest { Prompt = DecoderHost.Ids(Prompt), Sampling = new SamplingProgram { Temperature = 0 }, MaxTokens = 16, IgnoreEndOfSequence = true };
        int[] tokens = [.. (await served.Host.GenerateAsync(request)).Select(static response => response.Token.TokenId)];
        if (folder.WeightFormat == "fp32")
        {
            Assert.Equal(served.Whole.Greedy(Prompt, 16), tokens);
        }

        // With fewer bits two tokens may be as good as each other; then a whole run says so.
        for (var at = 0; at < tokens.Length; at++)
        {
            var logits = served.Whole.Logits([.. Prompt, .. tokens[..at]]);
            Assert.InRange(logits.Max() - logits[tokens[at]], 0, folder.Tolerance);
        }
    }

    [Theory]
    [MemberData(nameof(Folders), DisableDiscoveryEnumeration = true)]
    public async Task WhatAttendsInPlaceSaysWhereItLooks(ForeignFolder folder)
    {
        await using var served = await Served.StartAsync(folder);
        var request = new ReadAttentionRequest { Tokens = DecoderHost.Ids(Prompt), Layer = 1, Head = 1 };
        var client = new AttentionMaps.AttentionMapsClient(served.Host.Channel);
        if (folder.CacheForm == CacheForm.Copied)
        {
            Assert.Equal(StatusCode.FailedPrecondition, (await Assert.ThrowsAsync<RpcException>(async () => await client.ReadAttentionAsync(request, DecoderHost.Options))).StatusCode);
            return;
        }

        var weights = (await client.ReadAttentionAsync(request, DecoderHost.Options)).Weights;
        for (int row = 0, first = 0; row < Prompt.Length; first += ++row)
        {
            Assert.Equal(1, weights.Skip(first).Take(row + 1).Sum(static weight => (double)weight), folder.CacheType == "fp16" ? 5e-3 : 1e-4);
        }
    }

    [Theory]
    [MemberData(nameof(Folders), DisableDiscoveryEnumeration = true)]
    public async Task AStreamInCompanyIsTheSameAsAlone(ForeignFolder folder)
    {
        await using var served = await Served.StartAsync(folder, ("Decoder:Slots", "5"));
        var requests = Enumerable.Range(0, 9).Select(static at => new GenerateTokensRequest
        {
            Prompt = DecoderHost.Ids(Enumerable.Range(at, 1 + (3 * at)).Select(static id => id * 7 % 96)),
            Sampling = new SamplingProgram { Seed = (ulong)at, Temperature = 1.5f },
            Alternatives = 3,
            MaxTokens = 12,
            IgnoreEndOfSequence = true,
        }).ToList();
        List<List<SampledToken>> alone = [];
        foreach (var request in requests)
        {
            alone.Add([.. (await served.Host.GenerateAsync(request)).Select(static response => response.Token)]);
        }

        var together = await Task.WhenAll(requests.Select(served.Host.GenerateAsync));
        Assert.All(together.Zip(alone), static pair => Assert.Equal(pair.Second, pair.First.Select(static response => response.Token)));
    }

    [Theory]
    [MemberData(nameof(Folders), DisableDiscoveryEnumeration = true)]
    public async Task StreamsForkRewindAndAreVerified(ForeignFolder folder)
    {
        await using var served = await Served.StartAsync(folder);
        using var parent = served.Host.Client.Step(DecoderHost.Options);
        var opened = await DecoderHost.ExchangeAsync(parent, DecoderHost.Open(Prompt));
        served.AssertClose(opened.Distribution, Prompt);
        var verified = await DecoderHost.ExchangeAsync(parent, new StepRequest { Append = new StepAppend { TokenIds = { 11, 12, 13 }, EveryPosition = true } });
        served.AssertClose(verified.Earlier[0], [.. Prompt, 11]);
        served.AssertClose(verified.Earlier[1], [.. Prompt, 11, 12]);
        served.AssertClose(verified.Distribution, [.. Prompt, 11, 12, 13]);

        using var fork = served.Host.Client.Step(DecoderHost.Options);
        var request = DecoderHost.Open([20]);
        request.Open.Fork = new ForkPoint { SessionId = opened.SessionId, Length = Prompt.Length + 1 };
        served.AssertClose((await DecoderHost.ExchangeAsync(fork, request)).Distribution, [.. Prompt, 11, 20]);

        var corrected = await DecoderHost.ExchangeAsync(parent, new StepRequest { Append = new StepAppend { RewindTo = Prompt.Length + 1, TokenIds = { 30 } } });
        served.AssertClose(corrected.Distribution, [.. Prompt, 11, 30]);
        var restarted = await DecoderHost.ExchangeAsync(parent, new StepRequest { Append = new StepAppend { RewindTo = 4, TokenIds = { 31, 32 } } });
        served.AssertClose(restarted.Distribution, [.. Prompt[..4], 31, 32]);
        served.AssertClose((await DecoderHost.ExchangeAsync(fork, DecoderHost.Append(21))).Distribution, [.. Prompt, 11, 20, 21]);
    }

    [Theory]
    [MemberData(nameof(Folders), DisableDiscoveryEnumeration = true)]
    public async Task SequencesAreScoredAndEmbedded(ForeignFolder folder)
    {
        await using var served = await Served.StartAsync(folder);
        var score = await served.Host.Client.ScoreAsync(new ScoreRequest { Tokens = DecoderHost.Ids(Prompt) }, DecoderHost.Options);
        Assert.Equal(Prompt.Length - 1, score.Tokens.Count);
        for (var at = 1; at < Prompt.Length; at++)
        {
            var logits = served.Whole.Logits(Prompt[..at]);
            var expected = logits[Prompt[at]] - (logits.Max() + MathF.Log(logits.Sum(logit => MathF.Exp(logit - logits.Max()))));
            Assert.Equal(expected, score.Tokens[at - 1].RawLogProbability, 2 * folder.Tolerance);
        }

        var embed = new EmbedRequest { Tokens = DecoderHost.Ids(Prompt), Pooling = Pooling.Last };
        if (folder.HasHiddenStates)
        {
            var values = (await served.Host.Client.EmbedAsync(embed, DecoderHost.Options)).Values;
            Assert.Equal(32, values.Count);
            Assert.Equal(1, TensorPrimitives.Norm([.. values]), 1e-4f);
        }
        else
        {
            Assert.Equal(StatusCode.FailedPrecondition, (await DecoderHost.FailureAsync(() => served.Host.Client.EmbedAsync(embed, DecoderHost.Options).ResponseAsync)).Code);
        }
    }

    [Theory]
    [MemberData(nameof(Folders), DisableDiscoveryEnumeration = true)]
    public async Task APrefixFromTheCacheChangesNothing(ForeignFolder folder)
    {
        await using var served = await Served.StartAsync(folder);
        var request = new GenerateTokensRequest { Prompt = DecoderHost.Ids(Prompt), Sampling = new SamplingProgram { Seed = 5 }, MaxTokens = 8, IgnoreEndOfSequence = true };
        var first = await served.Host.GenerateAsync(request);
        var again = await served.Host.GenerateAsync(request);
        Assert.Equal((0, 16), (first[0].CachedPromptTokens, again[0].CachedPromptTokens));
        Assert.Equal(first.Select(static response => response.Token), again.Select(static response => response.Token));
    }

    private sealed class Served(DecoderHost host, WholeRuns whole, float tolerance) : IAsyncDisposable
    {
        public DecoderHost Host => host;

        public WholeRuns Whole => whole;

        public static async Task<Served> StartAsync(ForeignFolder folder, params (string Key, string Value)[] settings)
        {
            WholeRuns? whole = null;
            var host = await DecoderHost.StartAsync(
                root =>
                {
                    var path = Directory.CreateDirectory(Path.Combine(root, "tiny")).FullName;
                    folder.Write(path);
                    whole = new WholeRuns(path);
                },
                settings);
            return new Served(host, whole!, folder.Tolerance);
        }

        public void AssertClose(NextTokenDistribution distribution, int[] tokens)
        {
            var actual = MemoryMarshal.Cast<byte, float>(distribution.AllLogits.Span).ToArray();
            Assert.Equal(whole.Logits(tokens), actual, (left, right) => Math.Abs(left - right) <= tolerance);
        }

        public async ValueTask DisposeAsync()
        {
            whole.Dispose();
            await host.DisposeAsync();
        }
    }
}
