using GenAiLab.Preferences;
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

    public V1.Preferences.PreferencesClient Preferences => _host.Services.GetRequiredService<V1.Preferences.PreferencesClient>();

    /// <summary>Starts the services and waits until each has loaded what it serves from, well or badly.</summary>
    /// <param name="needed">Which services.</param>
    /// <param name="modelsRoot">The folder of model folders; null: the nearest folder called models.</param>
    /// <param name="cancellation">Ends the start.</param>
    /// <param name="preferences">Which database of preferences; null: what the environment says, otherwise the user's own file.</param>
    /// <param name="tenant">Whose preferences; null: what the environment says, otherwise those of callers without a key.</param>
    public static async Task<EmbeddedLab> StartAsync(
        EmbeddedServices needed, string? modelsRoot, CancellationToken cancellation, string? preferences = null, string? tenant = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = Environment.CurrentDirectory });
        builder.Configuration.AddEnvironmentVariables();
        if (modelsRoot is not null)
        {
            builder.Configuration.AddInMemoryCollection([new("Models:Root", Path.GetFullPath(modelsRoot))]);
        }

        if (preferences is not null)
        {
            builder.Configuration.AddInMemoryCollection([new(PreferencesConnection.Key, PreferencesConnection.Absolute(preferences, Environment.CurrentDirectory))]);
        }

        if (tenant is not null)
        {
            builder.Configuration.AddInMemoryCollection([new(PreferencesConnection.TenantKey, tenant)]);
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
