using GenAiLab.Cli.Hosting;
using GenAiLab.Cli.Hosting.Telemetry;
using GenAiLab.Experiments;
using GenAiLab.Experiments.Running;
using GenAiLab.Models.Folders;

namespace GenAiLab.Cli.Experiments;

/// <summary>A lab of its own on free ports, one process per service; it can start others like it.</summary>
internal sealed class ProcessLab : ConnectedLab, ITracedLab
{
    private static readonly TimeSpan SpanPatience = TimeSpan.FromSeconds(5);
    private readonly string? _modelsRoot;
    private readonly ProcessTopology _topology;
    private readonly TraceCollector? _collector;

    private ProcessLab(string? modelsRoot, ServicePorts ports, ProcessTopology topology, TraceCollector? collector)
        : base(new LabAddressSet(Address(ports, "orchestrator"), Address(ports, "tokenizer"), Address(ports, "classifier"), Address(ports, "decoder"))) =>
        (_modelsRoot, _topology, _collector) = (modelsRoot, topology, collector);

    /// <summary>Starts the services and waits until they serve.</summary>
    /// <param name="modelsRoot">The folder of model folders; null: the nearest folder called models.</param>
    /// <param name="traced">Whether the spans are collected.</param>
    /// <param name="cancellation">Ends the start.</param>
    /// <exception cref="Commands.CommandException">A service could not start.</exception>
    public static Task<ProcessLab> StartAsync(string? modelsRoot, bool traced, CancellationToken cancellation) =>
        StartAsync(new LabSettings(ServicePorts.Choose(0), modelsRoot, Verbose: false), traced, cancellation);

    private static async Task<ProcessLab> StartAsync(LabSettings settings, bool traced, CancellationToken cancellation)
    {
        var collector = traced ? await TraceCollector.StartAsync() : null;
        var topology = new ProcessTopology(settings with { TelemetryAddress = collector?.Address });
        try
        {
            await topology.StartAsync(cancellation);
            return new ProcessLab(settings.ModelsRoot, settings.Ports, topology, collector);
        }
        catch
        {
            await topology.DisposeAsync();
            if (collector is not null)
            {
                await collector.DisposeAsync();
            }

            throw;
        }
    }

    public override async Task<IStartedLab> StartAnotherAsync(string? modelsRoot, CancellationToken cancellation) =>
        modelsRoot is null
            ? await StartAsync(_modelsRoot, traced: false, cancellation)
            : await StartAsync(Trained(modelsRoot), traced: false, cancellation);

    public override async Task<ITracedLab> StartTracedAsync(CancellationToken cancellation) =>
        await StartAsync(_modelsRoot, traced: true, cancellation);

    public async Task<IReadOnlyList<TracedSpan>> SpansAsync(
        string traceId, Func<IReadOnlyList<TracedSpan>, bool> complete, CancellationToken cancellation)
    {
        if (_collector is null)
        {
            throw new InvalidOperationException("this lab's spans are not collected");
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(SpanPatience);
        try
        {
            return Known(await _collector.WaitForAsync(traceId, spans => complete(Known(spans)), limit.Token));
        }
        catch (TimeoutException)
        {
            cancellation.ThrowIfCancellationRequested();
            return Known(_collector.SpansOf(traceId));
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _topology.DisposeAsync();
        if (_collector is not null)
        {
            await _collector.DisposeAsync();
        }
    }

    // What an experiment trained is decoders under names of its own: nothing for a classifier to serve, and no lab-base.
    private static LabSettings Trained(string modelsRoot) => new(ServicePorts.Choose(0), modelsRoot, Verbose: false)
    {
        Services = [.. ServicePorts.Services.Where(static service => service != "classifier")],
        DefaultModel = ModelsRoot.Folders(modelsRoot).Select(Path.GetFileName).FirstOrDefault(),
    };

    private static List<TracedSpan> Known(IReadOnlyList<CollectedSpan> spans) =>
        [.. spans.Select(static span => new TracedSpan(span.Name, span.Attributes.TryGetValue("genailab.tokens", out var tokens) ? tokens.IntValue : 0))];

    private static Uri Address(ServicePorts ports, string service) => new(ports.GrpcAddress(service));
}
