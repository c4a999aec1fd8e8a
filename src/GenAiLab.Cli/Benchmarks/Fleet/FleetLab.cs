using GenAiLab.Cli.Hosting;
using GenAiLab.V1;

namespace GenAiLab.Cli.Benchmarks.Fleet;

/// <summary>What a fleet consists of.</summary>
/// <param name="ModelsRoot">The folder of model folders.</param>
/// <param name="Model">The model that is served.</param>
/// <param name="Replicas">Decoders.</param>
internal sealed record FleetSettings(string ModelsRoot, string Model, int Replicas)
{
    /// <summary>Further settings of the decoders, such as <c>Decoder:Slots</c>.</summary>
    public IReadOnlyList<KeyValuePair<string, string?>> Decoder { get; init; } = [];

    /// <summary>Further settings of the orchestrator, such as <c>Decoders:Routing</c>.</summary>
    public IReadOnlyList<KeyValuePair<string, string?>> Orchestrator { get; init; } = [];
}

/// <summary>One orchestrator, one tokenizer and several decoders, a process each, on loopback.</summary>
internal sealed class FleetLab : IAsyncDisposable
{
    private readonly FleetSettings _settings;
    private readonly ServiceProcess[] _decoders;
    private readonly List<ServiceProcess> _services = [];
    private readonly HeldPorts _ports;

    private FleetLab(FleetSettings settings) =>
        (_settings, _decoders, _ports) = (settings, new ServiceProcess[settings.Replicas], new HeldPorts(settings.Replicas + 2));

    public V1.Orchestrator.OrchestratorClient Orchestrator { get; private set; } = null!;

    public IReadOnlyList<ServiceProcess> Decoders => _decoders;

    /// <summary>The orchestrator's process; it starts last.</summary>
    public ServiceProcess OrchestratorProcess => _services[^1];

    /// <summary>Starts all of them and waits until they serve.</summary>
    /// <exception cref="Commands.CommandException">One of them could not start.</exception>
    public static async Task<FleetLab> StartAsync(FleetSettings settings, CancellationToken cancellation)
    {
        var lab = new FleetLab(settings);
        try
        {
            var ports = lab._ports.Numbers;
            var decoders = Enumerable.Range(0, settings.Replicas).Select(at => lab.StartDecoderAsync(at, Loopback(ports[at + 2]), cancellation));
            var tokenizer = ServiceProcess.StartAsync("tokenizer", Loopback(ports[1]), lab.Common(), cancellation);
            await Task.WhenAll(decoders);
            lab._services.Add(await tokenizer);
            var list = string.Join(',', lab._decoders.Select(static decoder => decoder.Address.Authority));
            lab._services.Add(await ServiceProcess.StartAsync(
                "orchestrator", Loopback(ports[0]),
                [
                    .. lab.Common(), new("Services:decoder", $"static:{list}"), new("services:tokenizer:grpc:0", Loopback(ports[1]).ToString()),
                    .. settings.Orchestrator,
                ],
                cancellation));
            lab.Orchestrator = new V1.Orchestrator.OrchestratorClient(lab._services[^1].Channel);
            return lab;
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    /// <summary>Replaces a decoder as a rolling update does: SIGTERM, its end, and a new one at the same address.</summary>
    /// <returns>The exit code of the old one.</returns>
    public async Task<int> ReplaceAsync(int replica, CancellationToken cancellation)
    {
        var old = _decoders[replica];
        var exitCode = await old.TerminateAsync(cancellation);
        await old.DisposeAsync();
        await StartDecoderAsync(replica, old.Address, cancellation);
        return exitCode;
    }

    /// <summary>Ends a decoder at once, if it has not ended, and starts a new one at the same address.</summary>
    public async Task RestartAsync(int replica, CancellationToken cancellation)
    {
        var old = _decoders[replica];
        await old.DisposeAsync();
        await StartDecoderAsync(replica, old.Address, cancellation);
    }

    /// <summary>Tokens of all prompts that the decoders admitted since they started, and how many of them their caches supplied.</summary>
    public async Task<(long Prompt, long Cached)> PromptTokensAsync(CancellationToken cancellation)
    {
        var (prompt, cached) = (0L, 0L);
        foreach (var decoder in _decoders)
        {
            var load = (await decoder.ReportLoadAsync(cancellation)).Models.Single(model => model.Model == _settings.Model);
            (prompt, cached) = (prompt + load.PromptTokens, cached + load.CachedPromptTokens);
        }

        return (prompt, cached);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var service in _services.Concat(_decoders.OfType<ServiceProcess>()).Reverse())
        {
            await service.DisposeAsync();
        }

        _ports.Dispose();
    }

    private async Task StartDecoderAsync(int replica, Uri address, CancellationToken cancellation) =>
        _decoders[replica] = await ServiceProcess.StartAsync("decoder", address, [.. Common(), .. _settings.Decoder], cancellation);

    private List<KeyValuePair<string, string?>> Common() =>
    [
        new("Models:Root", Path.GetFullPath(_settings.ModelsRoot)),
        new("Models:Default", _settings.Model),
        new("Logging:LogLevel:Default", "Warning"),
        new("Logging:LogLevel:Microsoft.Extensions.Diagnostics.HealthChecks", "None"),
    ];

    private static Uri Loopback(int port) => new($"http://127.0.0.1:{port}");
}
