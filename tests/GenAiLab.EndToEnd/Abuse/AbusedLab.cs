using GenAiLab.Cli.Benchmarks.Abuse;
using GenAiLab.Cli.Benchmarks.Fleet;
using GenAiLab.Cli.Chaos;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.EndToEnd.Abuse;

/// <summary>One decoder and one orchestrator, in processes of their own, that all tests of a class abuse.</summary>
public sealed class AbusedLab : IAsyncLifetime
{
    private const int Tokens = 40;
    private readonly ChatModels _models = new();
    private FleetLab? _lab;
    private IReadOnlyList<int> _undisturbed = [];

    /// <summary>What is abused: the path of a generation, through the orchestrator or at the decoder itself.</summary>
    internal AbuseTarget Target(string service) => service == "decoder"
        ? new(_lab!.Decoders[0].Address, "/genailab.v1.Decoder/GenerateTokens", new GenerateTokensRequest { Prompt = Ids(), MaxTokens = Tokens, Sampling = Seeded() })
        : new(_lab!.OrchestratorProcess.Address, "/genailab.v1.Orchestrator/Generate", Request());

    /// <summary>Bytes that the services use together.</summary>
    public long WorkingSet => _lab!.OrchestratorProcess.WorkingSet + _lab.Decoders[0].WorkingSet;

    /// <summary>What the orchestrator holds; null where the system does not tell.</summary>
    internal ProcessFootprint? Footprint => ProcessFootprint.Read(_lab!.OrchestratorProcess.Id);

    public async ValueTask InitializeAsync()
    {
        _lab = await FleetLab.StartAsync(new FleetSettings(_models.Root, "lab-base", Replicas: 1) { Decoder = [new("Decoder:Threads", "1")] }, CancellationToken.None);
        _undisturbed = await NeighbourAsync(CancellationToken.None);
        Assert.Equal(Tokens, _undisturbed.Count);
    }

    /// <summary>A client that behaves gets what it got before anyone did not.</summary>
    public async Task AssertServesAsync(CancellationToken cancellation) => Assert.Equal(_undisturbed, await NeighbourAsync(cancellation));

    public async Task<int> SlotsInUseAsync(CancellationToken cancellation) =>
        (await _lab!.Decoders[0].ReportLoadAsync(cancellation)).Models.Sum(static model => model.SlotsInUse);

    public async ValueTask DisposeAsync()
    {
        if (_lab is not null)
        {
            await _lab.DisposeAsync();
        }

        _models.Dispose();
    }

    private static TokenIds Ids() => new() { Ids = { 5, 6, 7 } };

    private static SamplingProgram Seeded() => new() { Seed = 1, BannedTokens = { 0 } };

    private static GenerateRequest Request() => new() { Tokens = Ids(), MaxTokens = Tokens, Sampling = Seeded() };

    private async Task<IReadOnlyList<int>> NeighbourAsync(CancellationToken cancellation)
    {
        List<int> tokens = [];
        using var call = _lab!.Orchestrator.Generate(Request(), deadline: DateTime.UtcNow.AddSeconds(60), cancellationToken: cancellation);
        await foreach (var response in call.ResponseStream.ReadAllAsync(cancellation))
        {
            if (response.Token is { } token)
            {
                tokens.Add(token.TokenId);
            }
        }

        return tokens;
    }
}
