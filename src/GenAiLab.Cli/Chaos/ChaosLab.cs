using GenAiLab.Cli.Commands;
using GenAiLab.Cli.Hosting;
using Grpc.Net.Client;

namespace GenAiLab.Cli.Chaos;

/// <summary>
/// One or two replicas of each service that a stream goes through, a process each, on loopback; the decoders behind links
/// that can be made faulty. The preferences are not among them: no stream goes through that service.
/// </summary>
internal sealed class ChaosLab : IAsyncDisposable
{
    /// <summary>What a stream goes through, in the order in which they start.</summary>
    public static readonly IReadOnlyList<string> Services = ["tokenizer", "classifier", "decoder", "orchestrator"];

    private readonly Dictionary<string, ServiceProcess[]> _processes;
    private readonly string _models = Directory.CreateTempSubdirectory("genailab-chaos-").FullName;
    private readonly HeldPorts _ports;
    private readonly FaultyLink[] _links;
    private readonly GrpcChannel[] _orchestrators;
    private readonly int _threads;

    private ChaosLab(int replicas, int seed, int threads)
    {
        (Replicas, _threads, _ports) = (replicas, threads, new HeldPorts(Services.Count * replicas));
        _processes = Services.ToDictionary(static service => service, _ => new ServiceProcess[replicas]);
        _links = [.. Enumerable.Range(0, replicas).Select(replica => new FaultyLink(Address("decoder", replica), seed + replica))];
        _orchestrators = [.. Enumerable.Range(0, replicas).Select(replica => GrpcChannel.ForAddress(Address("orchestrator", replica)))];
    }

    /// <summary>Of each service.</summary>
    public int Replicas { get; }

    /// <summary>In front of the decoders.</summary>
    public IReadOnlyList<FaultyLink> Links => _links;

    /// <summary>Starts all of them and waits until they serve.</summary>
    /// <param name="modelsRoot">The folder of model folders; those that are needed are copied.</param>
    /// <param name="replicas">Of each service: 1 or 2.</param>
    /// <param name="seed">Of the links' losses.</param>
    /// <param name="threads">Of each decoder, within an operator.</param>
    /// <param name="cancellation">Ends the start.</param>
    /// <exception cref="CommandException">One of them could not start.</exception>
    public static async Task<ChaosLab> StartAsync(string modelsRoot, int replicas, int seed, int threads, CancellationToken cancellation)
    {
        var lab = new ChaosLab(replicas, seed, threads);
        try
        {
            foreach (var model in new[] { ChaosRequests.Model, ChaosRequests.Classifier })
            {
                lab.Copy(Path.Combine(modelsRoot, model));
            }

            await Task.WhenAll(Services.SelectMany(service => Enumerable.Range(0, replicas).Select(replica => lab.StartAsync(service, replica, cancellation))));
            return lab;
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    public ServiceProcess Process(string service, int replica) => _processes[service][replica];

    /// <summary>All processes, as they are now.</summary>
    public IEnumerable<(string Service, int Replica, ServiceProcess Process)> Processes() =>
        Services.SelectMany(service => _processes[service].Select((process, replica) => (service, replica, process)));

    /// <summary>An orchestrator, as its clients reach it whether it runs or not.</summary>
    public V1.Orchestrator.OrchestratorClient Orchestrator(int replica) => new(_orchestrators[replica % Replicas]);

    /// <summary>Starts a service again that was killed, at its address, and waits until it serves.</summary>
    public async Task RestartAsync(string service, int replica, CancellationToken cancellation)
    {
        await _processes[service][replica].DisposeAsync();
        await StartAsync(service, replica, cancellation);
    }

    /// <summary>
    /// Waits until the clients' connection to an orchestrator stands again. It takes longer than the orchestrator: after a failed
    /// attempt a channel waits for the next one (gRPC's connection back-off), and calls fail at once meanwhile.
    /// </summary>
    public Task ReconnectAsync(int replica, CancellationToken cancellation) => _orchestrators[replica].ConnectAsync(cancellation);

    /// <summary>Slots in use and streams that wait for one, of one decoder.</summary>
    public async Task<int> StreamsAsync(int replica, CancellationToken cancellation) =>
        (await _processes["decoder"][replica].ReportLoadAsync(cancellation)).Models.Sum(static model => model.SlotsInUse + model.Waiting);

    /// <summary>Prompt tokens of all streams that one decoder has admitted since it started.</summary>
    public async Task<long> AdmittedAsync(int replica, CancellationToken cancellation) =>
        (await _processes["decoder"][replica].ReportLoadAsync(cancellation)).Models.Sum(static model => model.PromptTokens);

    public async ValueTask DisposeAsync()
    {
        foreach (var channel in _orchestrators)
        {
            channel.Dispose();
        }

        foreach (var process in _processes.Values.SelectMany(static replicas => replicas).OfType<ServiceProcess>())
        {
            await process.DisposeAsync();
        }

        foreach (var link in _links)
        {
            await link.DisposeAsync();
        }

        _ports.Dispose();
        Directory.Delete(_models, recursive: true);
    }

    private async Task StartAsync(string service, int replica, CancellationToken cancellation) =>
        _processes[service][replica] = await ServiceProcess.StartAsync(service, Address(service, replica), Configuration(service), cancellation);

    private IEnumerable<KeyValuePair<string, string?>> Configuration(string service)
    {
        yield return new("Models:Root", _models);
        yield return new("Models:Default", ChaosRequests.Model);
        yield return new("Models:DefaultClassifier", ChaosRequests.Classifier);
        // What the faults make the services say is what is counted here anyway.
        yield return new("Logging:LogLevel:Default", "None");
        yield return new("Decoder:Threads", $"{_threads}");
        // One decoder alone has room for all.
        yield return new("Decoder:Slots", "32");
        for (var replica = 0; replica < Replicas; replica++)
        {
            yield return new($"services:tokenizer:grpc:{replica}", Address("tokenizer", replica).ToString());
            yield return new($"services:classifier:grpc:{replica}", Address("classifier", replica).ToString());
            if (service == "orchestrator")
            {
                yield return new($"services:decoder:grpc:{replica}", _links[replica].Address.ToString());
            }
        }
    }

    private Uri Address(string service, int replica) => new($"http://127.0.0.1:{_ports.Numbers[(Services.Index().Single(one => one.Item == service).Index * Replicas) + replica]}");

    private void Copy(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new CommandException($"the folder of models has no '{Path.GetFileName(folder)}'");
        }

        var target = Directory.CreateDirectory(Path.Combine(_models, Path.GetFileName(folder))).FullName;
        foreach (var file in Directory.EnumerateFiles(folder))
        {
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        }
    }
}
