using System.Net;
using GenAiLab.Cli.Benchmarks.Fleet;
using GenAiLab.Cli.Hosting;
using GenAiLab.V1;

namespace GenAiLab.EndToEnd;

/// <summary>Decoders on hosts of their own, found by DNS; hosts come and go.</summary>
public sealed class NetworkTests
{
    private const int Port = 5103;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Replicas_are_added_removed_frozen_and_cut_off_and_no_stream_is_lost()
    {
        Assert.SkipWhen(await LabNetwork.ObstacleAsync() is not null, await LabNetwork.ObstacleAsync() ?? "");
        using var models = new CopiedModels("lab-base");
        KeyValuePair<string, string?>[] common =
        [
            new("Models:Root", models.Root), new("Logging:LogLevel:Default", "Warning"), new("Decoder:Slots", "4"), new("Decoder:Threads", "1"),
            new("Security:AllowPublicWithoutKeys", "true"),
            new("Logging:LogLevel:Microsoft.Extensions.Diagnostics.HealthChecks", "None"),
        ];
        await using var network = await LabNetwork.CreateAsync();
        await using var tokenizer = await ServiceProcess.StartAsync("tokenizer", Url(network.Here, 5101), common, Cancellation);
        var decoders = new Dictionary<string, (IPAddress Address, ServiceProcess Process)>();
        try
        {
            await AddAsync("a");
            await AddAsync("b");
            network.List(decoders["a"].Address, decoders["b"].Address);
            var (home, launcher) = await network.AddHostAsync("o");
            await using var orchestrator = await ServiceProcess.StartAsync(
                "orchestrator", Url(home, 5100),
                [
                    .. common, new("Services:decoder", $"dns:///{LabNetwork.DecodersName}:{Port}"), new("Decoders:ResolveInterval", "00:00:00.5"),
                    new("Decoders:Routing", "LeastLoad"), new("services:tokenizer:grpc:0", Url(network.Here, 5101).ToString()),
                ],
                Cancellation, launcher);
            var load = new FleetLoad(new V1.Orchestrator.OrchestratorClient(orchestrator.Channel), static number => new GenerateRequest
            {
                Tokens = new TokenIds { Ids = { 1, 2, 3 } },
                Sampling = new SamplingProgram { Seed = 5 },
                MaxTokens = 40,
                Mode = number % 2 == 0 ? LoopMode.Pushdown : LoopMode.Step,
            });
            await load.RunAsync(4, 8, ScenarioAsync(), Cancellation).WaitAsync(Limit, Cancellation);

            Assert.All(load.Answers, static answer => Assert.Null(answer.Error));
            Assert.Single(load.Answers.Select(static answer => string.Join(' ', answer.Tokens)).Distinct());
        }
        finally
        {
            foreach (var (_, process) in decoders.Values)
            {
                await process.DisposeAsync();
            }
        }

        // All of it while four clients go on.
        async Task ScenarioAsync()
        {
            await ServesAsync("a");
            await ServesAsync("b");
            await AddAsync("c");
            network.List([.. decoders.Values.Select(static decoder => decoder.Address)]);
            await ServesAsync("c");

            network.List(decoders["b"].Address, decoders["c"].Address);
            await RestsAsync("a");

            decoders["b"].Process.Freeze();
            await ServesAsync("c", streams: 8);
            decoders["b"].Process.Thaw();
            await ServesAsync("b");

            await network.SetConnectedAsync("c", connected: false);
            await ServesAsync("b", streams: 8);
            await network.SetConnectedAsync("c", connected: true);
            await ServesAsync("c");
        }

        async Task AddAsync(string name)
        {
            var (address, launcher) = await network.AddHostAsync(name);
            decoders[name] = (address, await ServiceProcess.StartAsync("decoder", Url(address, Port), common, Cancellation, launcher));
        }

        // Until it has begun some more streams.
        async Task ServesAsync(string name, int streams = 1)
        {
            var before = await PromptTokensAsync(name);
            while (await PromptTokensAsync(name) < before + (3 * streams))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), Cancellation);
            }
        }

        // Until it begins none while others begin many.
        async Task RestsAsync(string name)
        {
            long before;
            do
            {
                before = await PromptTokensAsync(name);
                await ServesAsync("b", streams: 6);
            }
            while (await PromptTokensAsync(name) > before);
        }

        async Task<long> PromptTokensAsync(string name) =>
            (await decoders[name].Process.ReportLoadAsync(Cancellation)).Models.Sum(static model => model.PromptTokens);
    }

    private static Uri Url(IPAddress address, int port) => new($"http://{address}:{port}");
}
