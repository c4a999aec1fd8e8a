using GenAiLab.ServiceDefaults;
using GenAiLab.ServiceDefaults.Health;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace GenAiLab.Cli.Hosting;

/// <summary>The services that one command needs, in its own process, without a port: <c>lab generate</c> with no lab up.</summary>
internal sealed class EmbeddedLab : ILabConnection
{
    private readonly IHost _host;

    private EmbeddedLab(IHost host) => _host = host;

    public V1.Orchestrator.OrchestratorClient Orchestrator => _host.Services.GetRequiredService<V1.Orchestrator.OrchestratorClient>();

    public V1.Classifier.ClassifierClient Classifier => _host.Services.GetRequiredService<V1.Classifier.ClassifierClient>();

    public V1.Tokenizer.TokenizerClient Tokenizer => _host.Services.GetRequiredService<V1.Tokenizer.TokenizerClient>();

    /// <summary>Starts the services and waits until each has loaded its models, well or badly.</summary>
    public static async Task<EmbeddedLab> StartAsync(EmbeddedServices needed, string? modelsRoot, CancellationToken cancellation)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = Environment.CurrentDirectory });
        builder.Configuration.AddEnvironmentVariables();
        if (modelsRoot is not null)
        {
            builder.Configuration.AddInMemoryCollection([new("Models:Root", Path.GetFullPath(modelsRoot))]);
        }

        builder.AddTelemetry("lab");
        builder.AddLabServices(needed);
        var host = builder.Build();
        await host.StartAsync(cancellation);
        foreach (var readiness in builder.Services.ReadinessNames().Select(host.Services.GetRequiredKeyedService<ServiceReadiness>))
        {
            await readiness.Verdict.WaitAsync(cancellation);
        }

        return new EmbeddedLab(host);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }
}
