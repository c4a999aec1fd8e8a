using System.Runtime.InteropServices;
using GenAiLab.V1;
using Google.Protobuf;
using Grpc.Core;

namespace GenAiLab.Decoder.Tests;

/// <summary>Fork, rewind, several tokens at once, candidates and scores; prefixes from the cache.</summary>
public sealed class SlotOperationTests
{
    private static readonly int[] Prompt = [.. Enumerable.Range(0, 40).Select(static at => (at * 37) % 96)];

    [Fact]
    public async Task AForkGoesOnFromAPlaceInAnotherStream()
    {
        await using var host = await DecoderHost.StartAsync();
        using var parent = host.Client.Step(DecoderHost.Options);
        var opened = await DecoderHost.ExchangeAsync(parent, DecoderHost.Open(Prompt[..8]));
        await DecoderHost.ExchangeAsync(parent, DecoderHost.Append(5));
        var expected = await DecoderHost.ExchangeAsync(parent, DecoderHost.Append(6));

        using var fork = host.Client.Step(DecoderHost.Options);
        var request = DecoderHost.Open([6]);
        request.Open.Fork = new ForkPoint { SessionId = opened.SessionId, Length = 9 };
        var forked = await DecoderHost.ExchangeAsync(fork, request);
        Assert.Equal(10, forked.Position);
        Assert.Equal(9, forked.CachedPromptTokens);
        Assert.Equal(Logits(expected.Distribution), Logits(forked.Distribution));

        // They part: neither sees the other's tokens.
        var left = await DecoderHost.ExchangeAsync(parent, DecoderHost.Append(7));
        var right = await DecoderHost.ExchangeAsync(fork, DecoderHost.Append(8));
        Assert.Equal(Logits(await WholeAsync(host, [.. Prompt[..8], 5, 6, 7])), Logits(left.Distribution), Close);
        Assert.Equal(Logits(await WholeAsync(host, [.. Prompt[..8], 5, 6, 8])), Logits(right.Distribution), Close);
    }

    [Fact]
    public async Task AForkOfAStreamThatIsGoneOrIsAnothersIsNotFound()
    {
        await using var host = await DecoderHost.StartAsync();
        using var parent = host.Client.Step(DecoderHost.Options);
        var id = (await DecoderHost.ExchangeAsync(parent, DecoderHost.Open([1, 2]))).SessionId;
        foreach (var (session, tenant) in new[] { ("nosuch", ""), (id, "another") })
        {
            using var fork = host.Client.Step(DecoderHost.Options);
            var request = DecoderHost.Open([6]);
            request.Open.Fork = new ForkPoint { SessionId = session, Length = 1 };
            request.Open.Admission = new Admission { Tenant = tenant };
            Assert.Equal(StatusCode.NotFound, (await DecoderHost.FailureAsync(() => DecoderHost.ExchangeAsync(fork, request))).Code);
        }

        using var tooLong = host.Client.Step(DecoderHost.Options);
        var beyond = DecoderHost.Open([6]);
        beyond.Open.Fork = new ForkPoint { SessionId = id, Length = 3 };
        var failure = await DecoderHost.FailureAsync(() => DecoderHost.ExchangeAsync(tooLong, beyond));
        Assert.Equal((StatusCode.InvalidArgument, "open.fork.length"), (failure.Code, failure.Field));
    }

    [Fact]
    public async Task ADraftIsVerifiedAtEveryPositionAndTakenBack()
    {
        await using var host = await DecoderHost.StartAsync();
        using var call = host.Client.Step(DecoderHost.Options);
        await DecoderHost.ExchangeAsync(call, DecoderHost.Open(Prompt[..5]));
        var verified = await DecoderHost.ExchangeAsync(call, new StepRequest { Append = new StepAppend { TokenIds = { 11, 12, 13 }, EveryPosition = true } });
        Assert.Equal(8, verified.Position);
        Assert.Equal(2, verified.Earlier.Count);
        Assert.Equal(Logits(await WholeAsync(host, [.. Prompt[..5], 11])), Logits(verified.Earlier[0]), Close);
        Assert.Equal(Logits(await WholeAsync(host, [.. Prompt[..5], 11, 12])), Logits(verified.Earlier[1]), Close);
        Assert.Equal(Logits(await WholeAsync(host, [.. Prompt[..5], 11, 12, 13])), Logits(verified.Distribution), Close);

        // The second token of the draft was wrong.
        var corrected = await DecoderHost.ExchangeAsync(call, new StepRequest { Append = new StepAppend { RewindTo = 6, TokenIds = { 20 } } });
        Assert.Equal(7, corrected.Position);
        Assert.Equal(Logits(await WholeAsync(host, [.. Prompt[..5], 11, 20])), Logits(corrected.Distribution), Close);

        // Back into the prompt.
        var restarted = await DecoderHost.ExchangeAsync(call, new StepRequest { Append = new StepAppend { RewindTo = 2, TokenIds = { 30, 31 } } });
        Assert.Equal(Logits(await WholeAsync(host, [.. Prompt[..2], 30, 31])), Logits(restarted.Distribution), Close);
    }

    [Fact]
    public async Task ADraftThatIsLongerThanARunIsAnsweredAtOnce()
    {
        await using var host = await DecoderHost.StartAsync();
        using var call = host.Client.Step(DecoderHost.Options);
        await DecoderHost.ExchangeAsync(call, DecoderHost.Open([1, 2]));
        int[] draft = [.. Enumerable.Range(10, 40)];

        var verified = await DecoderHost.ExchangeAsync(call, new StepRequest { Append = new StepAppend { TokenIds = { draft }, EveryPosition = true } });

        Assert.Equal((42, 39), (verified.Position, verified.Earlier.Count));
        foreach (var at in new[] { 0, 15, 16, 38 })
        {
            Assert.Equal(Logits(await WholeAsync(host, [1, 2, .. draft[..(at + 1)]])), Logits(verified.Earlier[at]), Close);
        }

        // The next answer is that of the next question.
        var next = await DecoderHost.ExchangeAsync(call, DecoderHost.Append(7));
        Assert.Equal((43, 0), (next.Position, next.Earlier.Count));
        Assert.Equal(Logits(await WholeAsync(host, [1, 2, .. draft, 7])), Logits(next.Distribution), Close);
    }

    [Fact]
    public async Task CandidatesShareOneRunOfThePromptAndDrawByTheirOwnSeeds()
    {
        await using var host = await DecoderHost.StartAsync();
        var request = new GenerateTokensRequest
        {
            Prompt = DecoderHost.Ids(Prompt[..20]),
            Sampling = new SamplingProgram { Seed = 41, Temperature = 1.5f },
            Candidates = 4,
            MaxTokens = 12,
            IgnoreEndOfSequence = true,
        };
        var together = await host.GenerateAsync(request);
        for (var candidate = 0; candidate < 4; candidate++)
        {
            var alone = request.Clone();
            (alone.Candidates, alone.Sampling.Seed) = (0, 41 + (ulong)candidate);
            var tokens = (await host.GenerateAsync(alone)).Select(static response => response.Token);
            Assert.Equal(tokens, together.Where(response => response.Candidate == candidate).Select(static response => response.Token));
        }

        Assert.Equal(4, together.Count(static response => response.Finish == FinishReason.MaxTokens));
        Assert.True(together.Select(static response => response.Token.TokenId).Distinct().Count() > 4);
    }

    [Fact]
    public async Task ASequenceIsScoredAsItsOwnGenerationReportsIt()
    {
        await using var host = await DecoderHost.StartAsync();
        var generated = await host.GenerateAsync(new GenerateTokensRequest
        {
            Prompt = DecoderHost.Ids(Prompt[..10]),
            Sampling = new SamplingProgram { Seed = 3, Temperature = 2 },
            MaxTokens = 20,
            Alternatives = 2,
            IgnoreEndOfSequence = true,
        });
        int[] sequence = [.. Prompt[..10], .. generated.Select(static response => response.Token.TokenId)];
        var scored = await host.Client.ScoreAsync(new ScoreRequest { Tokens = DecoderHost.Ids(sequence), First = 10, Alternatives = 2 }, DecoderHost.Options);
        Assert.Equal(20, scored.Tokens.Count);
        foreach (var (score, response) in scored.Tokens.Zip(generated))
        {
            Assert.Equal((response.Token.TokenId, response.Token.Rank), (score.TokenId, score.Rank));
            Assert.Equal(response.Token.RawLogProbability, score.RawLogProbability, 1e-4f);
            Assert.Equal(response.Token.Alternatives[0].TokenId, score.Alternatives[0].TokenId);
        }

        var all = await host.Client.ScoreAsync(new ScoreRequest { Tokens = DecoderHost.Ids(sequence) }, DecoderHost.Options);
        Assert.Equal(29, all.Tokens.Count);
        Assert.Equal(scored.Tokens[^1].RawLogProbability, all.Tokens[^1].RawLogProbability, 1e-4f);
    }

    [Fact]
    public async Task APrefixComesFromTheCacheOfTheSameTenantOnlyAndChangesNoBit()
    {
        await using var host = await DecoderHost.StartAsync();
        var request = new GenerateTokensRequest
        {
            Prompt = DecoderHost.Ids(Prompt),
            Sampling = new SamplingProgram { Seed = 5, Temperature = 1.5f },
            MaxTokens = 6,
            Alternatives = 3,
            IgnoreEndOfSequence = true,
        };
        request.Admission = new Admission { Tenant = "a" };
        var first = await host.GenerateAsync(request);
        var second = await host.GenerateAsync(request);
        request.Admission = new Admission { Tenant = "b" };
        var other = await host.GenerateAsync(request);
        request.Admission = new Admission { Tenant = "a", BypassPrefixCache = true };
        var bypassed = await host.GenerateAsync(request);

        // The grid of this short window is 16 tokens: 32 of 40 are whole chunks.
        Assert.Equal([0, 32, 0, 0], new[] { first, second, other, bypassed }.Select(static responses => responses[0].CachedPromptTokens));
        Assert.Equal(first.Select(static response => response.Token), second.Select(static response => response.Token));
        Assert.Equal(first.Select(static response => response.Token), other.Select(static response => response.Token));
        Assert.Equal(first.Select(static response => response.Token), bypassed.Select(static response => response.Token));
    }

    [Fact]
    public async Task WithoutDeterministicModeAnyPrefixIsTaken()
    {
        await using var host = await DecoderHost.StartAsync(settings: ("Decoder:Deterministic", "false"));
        var request = new GenerateTokensRequest { Prompt = DecoderHost.Ids(Prompt[..21]), Sampling = new SamplingProgram { Temperature = 0 }, MaxTokens = 4, IgnoreEndOfSequence = true };
        await host.GenerateAsync(request);
        request.Prompt.Ids[20] = 1;
        Assert.Equal(20, (await host.GenerateAsync(request))[0].CachedPromptTokens);
    }

    [Theory]
    [InlineData("""{ "temperature": 1.2 }""")]
    [InlineData("""{ "repetitionPenalty": 1.3, "presencePenalty": 0.4, "frequencyPenalty": 0.3, "penaltyWindow": 24, "dry": { "multiplier": 1 } }""")]
    [InlineData("""{ "temperatureRange": 0.5, "typicalP": 0.8, "xtcProbability": 0.5, "minTokens": 15 }""")]
    [InlineData("""{ "mirostat": { "tau": 3, "eta": 0.5 } }""")]
    public async Task AGenerationThatIsResumedWithReplayHasTheSameBits(string program)
    {
        await using var host = await DecoderHost.StartAsync();
        var request = new GenerateTokensRequest
        {
            Prompt = DecoderHost.Ids(Prompt[..18]),
            Sampling = JsonParser.Default.Parse<SamplingProgram>(program),
            MaxTokens = 20,
            Alternatives = 5,
            IgnoreEndOfSequence = true,
        };
        request.Sampling.Seed = 8;
        var whole = (await host.GenerateAsync(request)).Select(static response => response.Token).ToList();
        request.Prompt.Ids.AddRange(whole.Take(9).Select(static token => token.TokenId));
        (request.MaxTokens, request.FirstPosition, request.ReplayedTokens) = (11, 9, 9);
        if (request.Sampling.Mirostat is { } mirostat)
        {
            mirostat.Mu = whole[8].MirostatMu;
        }

        var resumed = (await host.GenerateAsync(request)).Select(static response => response.Token);
        Assert.Equal(whole.Skip(9), resumed);
    }

    private static async Task<NextTokenDistribution> WholeAsync(DecoderHost host, int[] tokens)
    {
        using var call = host.Client.Step(DecoderHost.Options);
        return (await DecoderHost.ExchangeAsync(call, DecoderHost.Open(tokens))).Distribution;
    }

    private static float[] Logits(NextTokenDistribution distribution) => MemoryMarshal.Cast<byte, float>(distribution.AllLogits.Span).ToArray();

    private static bool Close(float left, float right) => Math.Abs(left - right) < 1e-4f;
}
