using GenAiLab.Cli.Hosting;
using GenAiLab.Models.Folders;
using GenAiLab.Preferences;
using GenAiLab.V1;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace GenAiLab.Cli.Soak;

/// <summary>The five services, a process each, on loopback, with a database of preferences of their own.</summary>
internal sealed class SoakLab : IAsyncDisposable
{
    /// <summary>In the order in which they are reported.</summary>
    public static readonly IReadOnlyList<string> Services = ["tokenizer", "classifier", "decoder", "orchestrator", "preferences"];

    private readonly Dictionary<string, ServiceProcess> _processes = [];
    private readonly HeldPorts _ports = new(Services.Count);
    private readonly string _folder = Directory.CreateTempSubdirectory("genailab-soak-").FullName;
    private readonly string _models;
    private readonly int _threads;

    private SoakLab(string models, int threads)
    {
        (_models, _threads) = (Path.GetFullPath(models), threads);
        Models = ModelsRoot.Folders(_models).Select(static folder => Path.GetFileName(folder)).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Names of the model folders that there are.</summary>
    public IReadOnlySet<string> Models { get; }

    /// <summary>Which methods clients have called.</summary>
    public CalledMethods Called { get; } = new();

    public V1.Orchestrator.OrchestratorClient Orchestrator => new(Invoker("orchestrator"));

    public V1.Tokenizer.TokenizerClient Tokenizer => new(Invoker("tokenizer"));

    public V1.Classifier.ClassifierClient Classifier => new(Invoker("classifier"));

    public V1.Decoder.DecoderClient Decoder => new(Invoker("decoder"));

    public DecoderControl.DecoderControlClient DecoderControl => new(Invoker("decoder"));

    public V1.Preferences.PreferencesClient Preferences => new(Invoker("preferences"));

    /// <summary>Starts all of them and waits until they serve.</summary>
    /// <param name="models">The folder of model folders; it is only read.</param>
    /// <param name="threads">Of the decoder, within an operator.</param>
    /// <param name="cancellation">Ends the start.</param>
    /// <exception cref="Commands.CommandException">One of them could not start.</exception>
    public static async Task<SoakLab> StartAsync(string models, int threads, CancellationToken cancellation)
    {
        var lab = new SoakLab(models, threads);
        try
        {
            var started = await Task.WhenAll(Services.Select(async service =>
                (service, process: await ServiceProcess.StartAsync(service, lab.Address(service), lab.Configuration(), cancellation))));
            foreach (var (service, process) in started)
            {
                lab._processes[service] = process;
            }

            return lab;
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    public ServiceProcess Process(string service) => _processes[service];

    /// <summary>Slots in use and streams that wait for one, of all models.</summary>
    public async Task<int> SlotsAsync(CancellationToken cancellation) =>
        (await Decoder.ReportLoadAsync(new ReportLoadRequest(), cancellationToken: cancellation)).Models.Sum(static model => model.SlotsInUse + model.Waiting);

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes.Values)
        {
            await process.DisposeAsync();
        }

        _ports.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private CallInvoker Invoker(string service) => _processes[service].Channel.Intercept(Called);

    private Uri Address(string service) => new($"http://127.0.0.1:{_ports.Numbers[Services.Index().Single(one => one.Item == service).Index]}");

    private IEnumerable<KeyValuePair<string, string?>> Configuration() =>
    [
        new("Models:Root", _models),
        new(PreferencesConnection.Key, Path.Combine(_folder, "preferences.db")),
        new("Logging:LogLevel:Default", "Warning"),
        new("Logging:LogLevel:Microsoft.Extensions.Diagnostics.HealthChecks", "None"),
        new("Decoder:Threads", $"{_threads}"),
        .. Services.Select(service => new KeyValuePair<string, string?>($"services:{service}:grpc:0", Address(service).ToString())),
    ];
}
