using System.Net.Sockets;
using GenAiLab.Benchmarks.Reference;
using GenAiLab.Cli.Hosting;
using GenAiLab.Models.Folders;
using Grpc.Net.Client;

namespace GenAiLab.Cli.Benchmarks;

/// <summary>All services as processes of their own, over the reference weights.</summary>
internal sealed class ReferenceLab : IAsyncDisposable
{
    private const string SocketName = "decoder.sock";
    private readonly ProcessTopology _topology;
    private readonly GrpcChannel _socketChannel;
    private readonly string _socketFolder;

    private ReferenceLab(ProcessTopology topology, ServicePorts ports, string socketFolder)
    {
        (_topology, _socketFolder, DecoderAddress) = (topology, socketFolder, ports.GrpcAddress("decoder"));
        _socketChannel = OverSocket(Path.Combine(socketFolder, SocketName));
        DecoderOverSocket = new V1.Decoder.DecoderClient(_socketChannel);
        DecoderChannel = GrpcChannel.ForAddress(ports.GrpcAddress("decoder"));
        OrchestratorChannel = GrpcChannel.ForAddress(ports.GrpcAddress("orchestrator"));
        Decoder = new V1.Decoder.DecoderClient(DecoderChannel);
        Orchestrator = new V1.Orchestrator.OrchestratorClient(OrchestratorChannel);
    }

    public V1.Decoder.DecoderClient Decoder { get; }

    /// <summary>The same decoder by a Unix socket.</summary>
    public V1.Decoder.DecoderClient DecoderOverSocket { get; }

    public string DecoderAddress { get; }

    /// <summary>Resident bytes of the decoder.</summary>
    public long DecoderWorkingSet => _topology.WorkingSet("decoder");

    /// <summary>Processor time that this process and all services have taken.</summary>
    public TimeSpan ProcessorTime() => Environment.CpuUsage.TotalTime + _topology.ProcessorTime();

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

        // A socket's path may not be long: about a hundred bytes.
        var socketFolder = Directory.CreateTempSubdirectory("lab-").FullName;
        var ports = ServicePorts.Choose(0);
        var topology = new ProcessTopology(new LabSettings(ports, root, Verbose: false) { DecoderSocket = Path.Combine(socketFolder, SocketName) });
        try
        {
            await topology.StartAsync(cancellation);
            return new ReferenceLab(topology, ports, socketFolder);
        }
        catch
        {
            await topology.DisposeAsync();
            Directory.Delete(socketFolder, recursive: true);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        DecoderChannel.Dispose();
        OrchestratorChannel.Dispose();
        _socketChannel.Dispose();
        await _topology.DisposeAsync();
        Directory.Delete(_socketFolder, recursive: true);
    }

    private static GrpcChannel OverSocket(string path) => GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions
    {
        DisposeHttpClient = true,
        HttpHandler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        },
    });
}
