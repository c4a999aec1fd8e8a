using GenAiLab.Classifier;
using GenAiLab.Cli.Commands;
using GenAiLab.Decoder;
using GenAiLab.Orchestrator;
using GenAiLab.Preferences;
using GenAiLab.ServiceDefaults;
using GenAiLab.ServiceDefaults.Health;
using GenAiLab.ServiceDefaults.Security;
using GenAiLab.Tokenizer;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace GenAiLab.Cli.Hosting;

/// <summary>
/// All services in one process with direct calls between them: the baseline against which the cost of
/// decomposition is measured. Every service's ports are open, and each port answers for all of them.
/// </summary>
internal sealed class InProcessTopology(LabSettings settings) : ILabTopology
{
    private WebApplication? _application;

    public string Name => "inproc";

    public async Task StartAsync(CancellationToken cancellation)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = Environment.CurrentDirectory });
        builder.WebHost.UseKestrel((context, kestrel) => kestrel.Configure(context.Configuration.GetSection("Kestrel")));
        builder.Configuration.AddEnvironmentVariables();
        builder.Configuration.AddInMemoryCollection(settings.Configuration());
        builder.Configuration.AddInMemoryCollection(settings.PreferencesConfiguration());
        builder.Configuration.AddInMemoryCollection(ServicePorts.Services.SelectMany(EndpointsOf));
        // Every port answers for every service; the one that users call gives the certificate its name.
        builder.Configuration.AddInMemoryCollection(settings.SecurityConfiguration("orchestrator"));
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
        builder.Logging.AddSimpleConsole();
        builder.Services.AddRouting();
        builder.AddServiceDefaults("genailab");
        builder.AddLabServices(EmbeddedServices.All);

        _application = builder.Build();
        _application.UseRouting();
        _application.MapServiceDefaults();
        _application.MapTokenizer();
        _application.MapClassifier();
        _application.MapDecoder();
        _application.MapOrchestrator();
        _application.MapPreferences();
        _application.VerifySecurity();
        await _application.StartAsync(cancellation);
        foreach (var name in builder.Services.ReadinessNames())
        {
            var readiness = _application.Services.GetRequiredKeyedService<ServiceReadiness>(name);
            await readiness.Verdict.WaitAsync(cancellation);
            if (!readiness.IsReady)
            {
                throw new CommandException($"the {name} cannot serve: {readiness.Obstacle}");
            }
        }
    }

    public async Task WaitForFailureAsync(CancellationToken cancellation)
    {
        await _application!.WaitForShutdownAsync(cancellation);
        cancellation.ThrowIfCancellationRequested();
    }

    public async ValueTask DisposeAsync()
    {
        if (_application is not null)
        {
            await _application.StopAsync();
            await _application.DisposeAsync();
        }

        settings.Ports.Dispose();
    }

    // Endpoint names are unique in one Kestrel: grpc and http of each service.
    private IEnumerable<KeyValuePair<string, string?>> EndpointsOf(string service) =>
        settings.Endpoints(service).Select(pair => new KeyValuePair<string, string?>(
            pair.Key.Replace("Endpoints:", $"Endpoints:{service}-", StringComparison.Ordinal), pair.Value));
}
