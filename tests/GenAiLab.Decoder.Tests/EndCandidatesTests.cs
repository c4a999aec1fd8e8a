using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Decoder.Tests;

/// <summary>Candidates that are ended while the others go on.</summary>
public sealed class EndCandidatesTests
{
    // Its responses are more than the buffers on the way hold: it halts until its reader goes on.
    private const int Tokens = 1000;

    [Fact]
    public async Task TheirSlotsAreFreeAndTheOthersGoOnAsIfNothingHadHappened()
    {
        await using var host = await StartAsync();
        var undisturbed = await host.GenerateAsync(Request());
        using var call = host.Client.GenerateTokens(Request(), DecoderHost.Options);
        var responses = new List<GenerateTokensResponse>();
        var id = await ReadUntilNamedAsync(call, responses);
        await EndAsync(host, id, 0, 2);
        await host.WaitForSlotsInUseAsync(1);

        // Once more does no harm.
        await EndAsync(host, id, 2);
        await foreach (var response in call.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            responses.Add(response);
        }

        Assert.Equal(0, Assert.Single(responses, static response => response.SessionId.Length > 0).Candidate);
        for (var candidate = 0; candidate < 3; candidate++)
        {
            var own = responses.Where(response => response.Candidate == candidate).ToList();
            var tokens = own.Where(static response => response.Token is not null).Select(static response => response.Token).ToList();
            Assert.Equal(undisturbed.Where(response => response.Candidate == candidate).Select(static response => response.Token).Take(tokens.Count), tokens);
            Assert.Equal(own.Count - 1, own.FindIndex(static response => response.Finish != FinishReason.Unspecified));
            Assert.Equal(
                candidate == 1 ? (Tokens, FinishReason.MaxTokens) : (own.Count - 1, FinishReason.Cancelled), (tokens.Count, own[^1].Finish));
        }

        Assert.Equal(StatusCode.NotFound, (await DecoderHost.FailureAsync(() => EndAsync(host, id, 1))).Code);
    }

    [Fact]
    public async Task OnlyCandidatesOfAnOwnCallCanBeEnded()
    {
        await using var host = await StartAsync();
        using var call = host.Client.GenerateTokens(Request(), DecoderHost.Options);
        var id = await ReadUntilNamedAsync(call, []);
        Assert.Equal(StatusCode.NotFound, (await DecoderHost.FailureAsync(() => EndAsync(host, "nosuch", 0))).Code);
        Assert.Equal(
            StatusCode.NotFound,
            (await DecoderHost.FailureAsync(async () => await host.Client.EndCandidatesAsync(
                new EndCandidatesRequest { SessionId = id, Candidates = { 0 }, Admission = new Admission { Tenant = "another" } }, DecoderHost.Options))).Code);
        var failure = await DecoderHost.FailureAsync(() => EndAsync(host, id));
        Assert.Equal((StatusCode.InvalidArgument, "candidates"), (failure.Code, failure.Field));
        failure = await DecoderHost.FailureAsync(() => EndAsync(host, id, 0, 3));
        Assert.Equal((StatusCode.InvalidArgument, "candidates[1]"), (failure.Code, failure.Field));

        // None of this has ended any.
        await host.WaitForSlotsInUseAsync(3);
        await EndAsync(host, id, 0, 1, 2);
        await host.WaitForSlotsInUseAsync(0);
    }

    private static Task<DecoderHost> StartAsync() => DecoderHost.StartAsync(static root =>
        TinyModel.Write(root, "tiny", TinyModel.Graph(2 * Tokens), TinyModel.Settings(contextLength: 2 * Tokens)));

    private static GenerateTokensRequest Request() => new()
    {
        Prompt = DecoderHost.Ids(1, 2, 3),
        Sampling = new SamplingProgram { Seed = 5, Temperature = 1.5f },
        Candidates = 3,
        Alternatives = 20,
        MaxTokens = Tokens,
        IgnoreEndOfSequence = true,
    };

    private static async Task<string> ReadUntilNamedAsync(AsyncServerStreamingCall<GenerateTokensResponse> call, List<GenerateTokensResponse> responses)
    {
        do
        {
            Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            responses.Add(call.ResponseStream.Current);
        }
        while (responses[^1].SessionId.Length == 0);
        return responses[^1].SessionId;
    }

    private static async Task EndAsync(DecoderHost host, string id, params int[] candidates) =>
        await host.Client.EndCandidatesAsync(new EndCandidatesRequest { SessionId = id, Candidates = { candidates } }, DecoderHost.Options);
}
