using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using GenAiLab.Classifier;
using GenAiLab.Decoder;
using GenAiLab.Deploy.Tests;
using GenAiLab.Deploy.Tests.Sources;
using GenAiLab.Orchestrator;
using GenAiLab.Preferences;
using GenAiLab.ServiceDefaults;
using GenAiLab.ServiceDefaults.Health;
using GenAiLab.Tokenizer;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

[assembly: AssemblyFixture(typeof(RecordedServices))]

namespace GenAiLab.Deploy.Tests;

/// <summary>
/// The five services, started here on free ports with a configuration that writes down which of its keys are read and
/// with their own registrations of clients: what they read and whom they call comes from their code, not from a list.
/// </summary>
public sealed class RecordedServices : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly string _folder = Directory.CreateTempSubdirectory("deploy-tests-").FullName;
    private readonly ConcurrentDictionary<string, byte> _metrics = new();
    private readonly MeterListener _meters = new();
    private readonly Dictionary<string, Recording> _recordings = [];
    private readonly Dictionary<string, IReadOnlySet<string>> _clients = [];
    private readonly List<WebApplication> _applications = [];

    /// <summary>Names of the instruments that exist while the services run.</summary>
    public IReadOnlyCollection<string> Metrics => [.. _metrics.Keys];

    /// <summary>Whether a service reads an environment variable.</summary>
    public bool Reads(string service, string variable) => _recordings[service].Read(variable.Replace("__", ":", StringComparison.Ordinal));

    /// <summary>The services that a service has clients of, or whose address it has looked up.</summary>
    public IReadOnlySet<string> Calls(string service) => RepositoryServices.Projects.Keys
        .Where(other => _clients[service].Contains(other) || _recordings[service].ReadBelow($"services:{other}")).ToHashSet();

    public async ValueTask InitializeAsync()
    {
        _meters.InstrumentPublished = (instrument, _) => _metrics.TryAdd(instrument.Name, 0);
        _meters.Start();
        var addresses = new Dictionary<string, string>();
        foreach (var (name, add, map) in new (string, Action<WebApplicationBuilder>, Action<WebApplication>)[]
        {
            ("tokenizer", static builder => builder.AddTokenizer(), static app => app.MapTokenizer()),
            ("classifier", static builder => builder.AddClassifier(), static app => app.MapClassifier()),
            ("decoder", static builder => builder.AddDecoder(), static app => app.MapDecoder()),
            ("orchestrator", static builder => builder.AddOrchestrator(), static app => app.MapOrchestrator()),
            ("preferences", static builder => builder.AddPreferences(), static app => app.MapPreferences()),
        })
        {
            addresses[name] = await StartAsync(name, add, map, addresses);
        }

        foreach (var application in _applications)
        {
            foreach (var readiness in application.Services.GetRequiredService<ReadinessNames>().Names)
            {
                var verdict = application.Services.GetRequiredKeyedService<ServiceReadiness>(readiness);
                await verdict.Verdict.WaitAsync(Patience);
                Assert.True(verdict.IsReady, $"{readiness}: {verdict.Obstacle}");
            }
        }

        // The classifier looks for the tokenizer when it has a text to take apart, the orchestrator for the classifier
        // when it is asked for a model that is no generator.
        using var channel = GrpcChannel.ForAddress(addresses["orchestrator"]);
        await new Inference.GRPCInferenceService.GRPCInferenceServiceClient(channel).ModelInferAsync(new Inference.ModelInferRequest
        {
            ModelName = "lab-topics",
            Inputs =
            {
                new Inference.ModelInferRequest.Types.InferInputTensor
                {
                    Name = "text_input", Datatype = "BYTES", Shape = { 1 },
                    Contents = new Inference.InferTensorContents { BytesContents = { Google.Protobuf.ByteString.CopyFromUtf8("The cow has four legs.") } },
                },
            },
        });
    }

    public async ValueTask DisposeAsync()
    {
        _meters.Dispose();
        foreach (var application in Enumerable.Reverse(_applications))
        {
            await application.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    // What is bound to a class is read where it is set, and only there: all of it is.
    private static IEnumerable<KeyValuePair<string, string?>> DecoderDefaults => typeof(DecoderOptions).GetProperties()
        .Select(static property => new KeyValuePair<string, string?>($"Decoder:{property.Name}", Convert.ToString(property.GetValue(new DecoderOptions()), CultureInfo.InvariantCulture)));

    private async Task<string> StartAsync(
        string name, Action<WebApplicationBuilder> add, Action<WebApplication> map, IReadOnlyDictionary<string, string> addresses)
    {
        var recording = _recordings[name] = new Recording(new Dictionary<string, string?>
        {
            ["Kestrel:Endpoints:grpc:Url"] = "http://127.0.0.1:0",
            ["Kestrel:Endpoints:grpc:Protocols"] = "Http2",
            ["Kestrel:Endpoints:http:Url"] = "http://127.0.0.1:0",
            ["Kestrel:Endpoints:http:Protocols"] = "Http1",
            ["Models:Root"] = Repository.Path("models"),
            ["Preferences:ConnectionString"] = Path.Combine(_folder, "preferences.db"),
            // Nothing listens there; what is sent is dropped.
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:1",
        }.Concat(DecoderDefaults).Concat(addresses.Select(static pair => new KeyValuePair<string, string?>($"services:{pair.Key}:grpc:0", pair.Value))));
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = _folder });
        ((IConfigurationBuilder)builder.Configuration).Add(recording);
        builder.WebHost.UseKestrel(static (context, kestrel) => kestrel.Configure(context.Configuration.GetSection("Kestrel")));
        builder.Services.AddRouting();
        builder.AddServiceDefaults(name);
        add(builder);
        _clients[name] = builder.Services.Select(static service => service.ServiceType).Where(static type => type.IsSubclassOf(typeof(ClientBase)))
            .Select(static type => type.Name[..^"Client".Length].ToLowerInvariant()).ToHashSet();
        builder.Services.AddSingleton(new ReadinessNames([.. builder.Services.ReadinessNames()]));
        var application = builder.Build();
        application.UseRouting();
        application.MapServiceDefaults();
        map(application);
        _applications.Add(application);
        await application.StartAsync();
        return application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
    }

    private sealed record ReadinessNames(IReadOnlyList<string> Names);

    private sealed class Recording : ConfigurationProvider, IConfigurationSource
    {
        private readonly ConcurrentDictionary<string, byte> _read = new(StringComparer.OrdinalIgnoreCase);

        public Recording(IEnumerable<KeyValuePair<string, string?>> values)
        {
            foreach (var (key, value) in values)
            {
                Data[key] = value;
            }
        }

        public bool Read(string key) => _read.ContainsKey(key);

        public bool ReadBelow(string key) => _read.Keys.Any(read => read.StartsWith(key + ":", StringComparison.OrdinalIgnoreCase));

        public override bool TryGet(string key, out string? value)
        {
            _read.TryAdd(key, 0);
            return base.TryGet(key, out value);
        }

        public IConfigurationProvider Build(IConfigurationBuilder builder) => this;
    }
}
