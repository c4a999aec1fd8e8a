using GenAiLab.Cli.Benchmarks.Fleet;
using GenAiLab.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace GenAiLab.EndToEnd.Resilience;

/// <summary>Clients that open streams and read nothing: what it costs is bounded, and nobody else pays.</summary>
public sealed class StalledClientTests(ITestOutputHelper output) : IDisposable
{
    private const int ContextLength = 2_048;
    private const int Stalled = 8;
    private const long Mebi = 1024 * 1024;

    // What a busy process's heap grows by anyway; 64 events may wait for each stream, of its 2,000.
    private const long MostGrowth = 64 * Mebi;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);
    private readonly ChatModels _models = new(ContextLength);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LoopMode.Pushdown)]
    [InlineData(LoopMode.Step)]
    public async Task A_client_that_stops_reading_is_halted_and_the_others_go_on(LoopMode mode)
    {
        await using var lab = await FleetLab.StartAsync(Settings, Cancellation).WaitAsync(Limit, Cancellation);
        using var channel = GrpcChannel.ForAddress(lab.OrchestratorProcess.Address);
        var stalling = new V1.Orchestrator.OrchestratorClient(channel);

        // All buffers as large as they get while everyone reads.
        var whole = await ReadAsync(lab.Orchestrator, Long(mode, seed: 0));
        await Task.WhenAll(Enumerable.Range(0, Stalled).Select(number => ReadAsync(lab.Orchestrator, Long(mode, number)))).WaitAsync(Limit, Cancellation);
        var (decoder, orchestrator) = (lab.Decoders[0].WorkingSet, lab.OrchestratorProcess.WorkingSet);

        var calls = Enumerable.Range(0, Stalled).Select(number => stalling.Generate(Long(mode, number), cancellationToken: Cancellation)).ToList();
        await WaitForSlotsAsync(lab, Stalled);

        // In the time of these each of the stalled would have ended as well, if it had gone on.
        for (var round = 0; round < 2; round++)
        {
            Assert.Equal(whole, await ReadAsync(lab.Orchestrator, Long(mode, seed: 0)).WaitAsync(Limit, Cancellation));
        }

        // The last reader's slot is given back a moment after its client has seen the end.
        await WaitForSlotsAsync(lab, Stalled);
        output.WriteLine(
            $"decoder {decoder / Mebi} → {lab.Decoders[0].WorkingSet / Mebi} MiB, orchestrator {orchestrator / Mebi} → {lab.OrchestratorProcess.WorkingSet / Mebi} MiB");
        Assert.True(lab.Decoders[0].WorkingSet - decoder < MostGrowth, $"decoder: {decoder / Mebi} → {lab.Decoders[0].WorkingSet / Mebi} MiB");
        Assert.True(
            lab.OrchestratorProcess.WorkingSet - orchestrator < MostGrowth, $"orchestrator: {orchestrator / Mebi} → {lab.OrchestratorProcess.WorkingSet / Mebi} MiB");

        // Who reads at last gets everything.
        Assert.Equal(whole, await ReadAsync(calls[0]));
        foreach (var call in calls.Skip(1))
        {
            call.Dispose();
        }

        await WaitForSlotsAsync(lab, 0);
    }

    public void Dispose() => _models.Dispose();

    private FleetSettings Settings => new(_models.Root, "lab-base", Replicas: 1)
    {
        Decoder = [new("Decoder:Slots", $"{Stalled + 4}"), new("Decoder:Threads", "1")],
    };

    private static GenerateRequest Long(LoopMode mode, int seed) => new()
    {
        Tokens = new TokenIds { Ids = { 5, 6, 7 } },
        Sampling = new SamplingProgram { Seed = (ulong)seed, BannedTokens = { 0 } },
        MaxTokens = ContextLength - 3,
        Alternatives = 20,
        Mode = mode,
    };

    private static Task<List<int>> ReadAsync(V1.Orchestrator.OrchestratorClient client, GenerateRequest request) =>
        ReadAsync(client.Generate(request, cancellationToken: Cancellation));

    private static async Task<List<int>> ReadAsync(AsyncServerStreamingCall<GenerateResponse> call)
    {
        using (call)
        {
            List<int> tokens = [];
            await foreach (var response in call.ResponseStream.ReadAllAsync(Cancellation))
            {
                if (response.Token is { } token)
                {
                    Assert.Equal(tokens.Count, token.Index);
                    tokens.Add(token.TokenId);
                }
            }

            return tokens;
        }
    }

    private static async Task WaitForSlotsAsync(FleetLab lab, int wanted)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(Limit);
        while (await SlotsInUseAsync(lab) != wanted)
        {
            limit.Token.ThrowIfCancellationRequested();
        }
    }

    private static async Task<int> SlotsInUseAsync(FleetLab lab) =>
        (await lab.Decoders[0].ReportLoadAsync(Cancellation)).Models.Sum(static model => model.SlotsInUse);
}
