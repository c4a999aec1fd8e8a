using GenAiLab.Benchmarks.Reference;
using GenAiLab.Cli.Hosting;
using GenAiLab.Models.Folders;
using Grpc.Net.Client;

namespace GenAiLab.Cli.Benchmarks;

/// <summary>All services as processes of their own, over the reference weights.</summary>
internal sealed class ReferenceLab : IAsyncDisposable
{
    private readonly ProcessTopology _topology;

    private ReferenceLab(ProcessTopology topology, ServicePorts ports)
    {
        _topology = topology;
        DecoderChannel = GrpcChannel.ForAddress(ports.GrpcAddress("decoder"));
        OrchestratorChannel = GrpcChannel.ForAddress(ports.GrpcAddress("orchestrator"));
        Decoder = new V1.Decoder.DecoderClient(DecoderChannel);
        Orchestrator = new V1.Orchestrator.OrchestratorClient(OrchestratorChannel);
    }

    public V1.Decoder.DecoderClient Decoder { get; }

    public V1.Orchestrator.OrchestratorClient Orchestrator { get; }

    private GrpcChannel DecoderChannel { get; }

    private GrpcChannel OrchestratorChannel { get; }

    /// <summary>Writes what the services need and starts them.</summary>
    /// <param name="model">The reference weights.</param>
    /// <param name="work">Where they are kept.</param>
    /// <param name="decoder">Settings of the section <c>Decoder</c>.</param>
    /// <param name="cancellation">Ends the start.</param>
    public static async Task<ReferenceLab> StartAsync(
        ReferenceModel model, string work, IEnumerable<(string Key, string Value)> decoder, CancellationToken cancellation)
    {
        var root = Path.Combine(work, $"served-{model.Name}-{model.Config.ContextLength}");
        var folder = Path.GetFileName(model.WriteFolder(root));
        ReferenceTokenizer.Write(Path.Combine(root, folder), model.Config.VocabularySize);
        var classifier = Directory.CreateDirectory(Path.Combine(root, "lab-topics")).FullName;
        foreach (var file in Directory.EnumerateFiles(Path.Combine(ModelsRoot.Find(null, Environment.CurrentDirectory), "lab-topics")))
        {
            File.Copy(file, Path.Combine(classifier, Path.GetFileName(file)), overwrite: true);
        }

        // The services' processes inherit the environment.
        Environment.SetEnvironmentVariable("Models__Default", folder);
        foreach (var (key, value) in decoder)
        {
            Environment.SetEnvironmentVariable($"Decoder__{key}", value);
        }

        var ports = ServicePorts.Choose(0);
        var topology = new ProcessTopology(new LabSettings(ports, root, Verbose: false));
        try
        {
            await topology.StartAsync(cancellation);
            return new ReferenceLab(topology, ports);
        }
        catch
        {
            await topology.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        DecoderChannel.Dispose();
        OrchestratorChannel.Dispose();
        await _topology.DisposeAsync();
    }
}
