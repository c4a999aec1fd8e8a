using GenAiLab.Cli.Benchmarks.Fleet;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.EndToEnd;

/// <summary>Several decoders in processes of their own, behind one orchestrator.</summary>
public sealed class FleetTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private readonly CopiedModels _models = new("lab-base");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_rolling_update_under_load_fails_no_request_and_changes_no_token()
    {
        var figures = await Benchmark(replicas: 2, clients: 8).RollAsync(Cancellation).WaitAsync(Limit, Cancellation);

        Assert.True(figures.Requests >= 8);
        Assert.Equal((0, 0), (figures.Failed, figures.Differing));
        Assert.Equal([0, 0], figures.ExitCodes);
    }

    [Fact]
    public async Task A_frozen_decoder_loses_no_stream()
    {
        var figures = await Benchmark(replicas: 3, clients: 6).FreezeAsync(Cancellation).WaitAsync(Limit, Cancellation);

        Assert.Equal((0, 0), (figures.Lost, figures.Differing));
    }

    [Fact]
    public async Task A_chat_with_shared_system_prompts_hits_more_by_affinity_than_by_round_robin()
    {
        var benchmark = Benchmark(replicas: 3, clients: 4);
        List<PrefixFigures> affinity = [], roundRobin = [];
        // Who comes when is chance, and a busy replica is passed over: a single pair of runs may end even.
        for (var round = 0; round < 2; round++)
        {
            affinity.Add(await benchmark.ChatAsync("PrefixAffinity", Cancellation).WaitAsync(Limit, Cancellation));
            roundRobin.Add(await benchmark.ChatAsync("RoundRobin", Cancellation).WaitAsync(Limit, Cancellation));
        }

        Assert.All([.. affinity, .. roundRobin], static figures => Assert.Equal(0, figures.Failed));
        var (ours, theirs) = (affinity.Average(static figures => figures.HitRate), roundRobin.Average(static figures => figures.HitRate));
        Assert.True(ours > theirs, $"{ours:P0} against {theirs:P0}");
    }

    [Fact]
    public async Task A_decoder_that_is_killed_costs_a_pause_and_one_that_drains_says_so()
    {
        await using var lab = await FleetLab.StartAsync(Settings(replicas: 2), Cancellation);
        var load = new FleetLoad(lab.Orchestrator, static number => new GenerateRequest
        {
            Tokens = new TokenIds { Ids = { 1, 2, 3 + number } },
            Sampling = new SamplingProgram { Seed = 5 },
            MaxTokens = 100,
            Mode = number % 2 == 0 ? LoopMode.Pushdown : LoopMode.Step,
        });
        await load.RunAsync(clients: 4, least: 12, KillOneAsync(), Cancellation).WaitAsync(Limit, Cancellation);
        Assert.All(load.Answers, static answer => Assert.Null(answer.Error));

        var drained = await new DecoderControl.DecoderControlClient(lab.Decoders[1].Channel)
            .DrainAsync(new DrainRequest(), deadline: DateTime.UtcNow + Limit, cancellationToken: Cancellation);
        Assert.Equal(new DrainResponse(), drained);
        Assert.Equal(0, await lab.Decoders[1].TerminateAsync(Cancellation));
        var nobody = await load.AnswerAsync(100, Cancellation);
        Assert.StartsWith(nameof(StatusCode.Unavailable), nobody.Error, StringComparison.Ordinal);

        async Task KillOneAsync()
        {
            while ((await lab.Decoders[0].ReportLoadAsync(Cancellation)).Models.Sum(static model => model.SlotsInUse) == 0)
            {
                Cancellation.ThrowIfCancellationRequested();
            }

            lab.Decoders[0].Kill();
        }
    }

    public void Dispose() => _models.Dispose();

    private FleetBenchmark Benchmark(int replicas, int clients) => new(Settings(replicas), vocabulary: 500, clients)
    {
        Requests = 40,
        GeneratedTokens = 24,
        SystemPrompts = 10,
        SystemTokens = 128,
    };

    // Four slots each: as many system prompts fit into one cache as into a third of the fleet.
    private FleetSettings Settings(int replicas) => new(_models.Root, "lab-base", replicas)
    {
        Decoder = [new("Decoder:Slots", "4"), new("Decoder:Threads", "1"), new("Decoder:DrainGrace", "00:00:00.2")],
    };
}
