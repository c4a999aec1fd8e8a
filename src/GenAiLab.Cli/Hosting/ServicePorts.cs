using System.Net.NetworkInformation;
using GenAiLab.Cli.Commands;

namespace GenAiLab.Cli.Hosting;

/// <summary>
/// The loopback ports of the five services, gRPC (HTTP/2) and health (HTTP/1.1) for each, and of the web console. Ports
/// that were chosen are held until this is disposed.
/// </summary>
internal sealed class ServicePorts : IDisposable
{
    /// <summary>The orchestrator's gRPC port unless the user says otherwise.</summary>
    public const int DefaultBase = 5100;

    /// <summary>How far the HTTP/1.1 port lies above the gRPC port.</summary>
    public const int HttpOffset = 100;

    /// <summary>How far the web console's port lies above the orchestrator's gRPC port.</summary>
    public const int ConsoleOffset = 200;

    /// <summary>The most decoders of one lab.</summary>
    public const int MaximumDecoders = 8;

    /// <summary>In order of their ports, the orchestrator first.</summary>
    public static readonly IReadOnlyList<string> Services = ["orchestrator", "tokenizer", "classifier", "decoder", "preferences"];

    private const string Decoder = "decoder";

    private readonly Dictionary<string, (int Grpc, int Http)> _ports;
    private readonly HeldPorts? _held;

    private ServicePorts(Dictionary<string, (int Grpc, int Http)> ports, HeldPorts? held = null) => (_ports, _held) = (ports, held);

    /// <summary>The services and the decoders beside the first, which are called decoder-2 and so on.</summary>
    public IReadOnlyList<string> Processes { get; private init; } = Services;

    /// <summary>Those of them that are decoders.</summary>
    public IEnumerable<string> Decoders => Processes.Where(static name => ServiceOf(name) == Decoder);

    /// <summary>Where browsers find the web console.</summary>
    public int Console { get; private init; }

    /// <summary>The web console's address.</summary>
    public string ConsoleAddress => $"http://127.0.0.1:{Console}";

    /// <summary>Whether gRPC goes over TLS; HTTP/1.1 health and metrics never do.</summary>
    public bool IsSecure { get; init; }

    /// <summary>The gRPC port of a service in a lab started without options.</summary>
    public static int DefaultFor(string service) => DefaultBase + Services.ToList().IndexOf(service);

    /// <summary>The service that a process runs.</summary>
    public static string ServiceOf(string process) => process.Split('-')[0];

    /// <summary>Ports from <paramref name="first"/> on, or free ones for 0; further decoders have those behind the services'.</summary>
    /// <exception cref="CommandException">One of them is in use; the message names it.</exception>
    public static ServicePorts Choose(int first, bool secure = false, int decoders = 1)
    {
        string[] processes = [.. Services, .. Enumerable.Range(2, decoders - 1).Select(static number => $"{Decoder}-{number}")];
        if (first == 0)
        {
            var held = new HeldPorts((processes.Length * 2) + 1);
            var free = processes.Select((service, at) => (service, ports: (held.Numbers[2 * at], held.Numbers[2 * at + 1])))
                .ToDictionary(static pair => pair.service, static pair => pair.ports);
            return new ServicePorts(free, held) { IsSecure = secure, Console = held.Numbers[^1], Processes = processes };
        }

        var ports = processes.Select((service, at) => (service, ports: (first + at, first + at + HttpOffset)))
            .ToDictionary(static pair => pair.service, static pair => pair.ports);
        var listening = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners()
            .Select(static endpoint => endpoint.Port).ToHashSet();
        foreach (var (service, port) in ports.SelectMany(static service => new[] { (service.Key, service.Value.Item1), (service.Key, service.Value.Item2) })
            .Append(("console", first + ConsoleOffset)).Where(need => listening.Contains(need.Item2)))
        {
            throw new CommandException(
                $"port {port}, which the {service} needs, is in use. End what uses it (another lab?) or choose other ports with --port.");
        }

        return new ServicePorts(ports) { IsSecure = secure, Console = first + ConsoleOffset, Processes = processes };
    }

    public int Grpc(string service) => _ports[service].Grpc;

    public int Http(string service) => _ports[service].Http;

    public string GrpcAddress(string service) => $"{(IsSecure ? "https" : "http")}://127.0.0.1:{Grpc(service)}";

    /// <summary>Where each service is found by the others: <c>services:NAME:grpc:0</c>, and <c>:1</c> and so on for further decoders.</summary>
    public IEnumerable<KeyValuePair<string, string?>> Addresses() => Processes.GroupBy(ServiceOf)
        .SelectMany(service => service.Select((process, at) => new KeyValuePair<string, string?>($"services:{service.Key}:grpc:{at}", GrpcAddress(process))));

    public string HttpAddress(string service) => $"http://127.0.0.1:{Http(service)}";

    /// <summary>What OpenAI's clients call their base URL. With TLS it is the gRPC port, which then speaks HTTP/1.1 too.</summary>
    public string OpenAiAddress => $"{(IsSecure ? GrpcAddress("orchestrator") : HttpAddress("orchestrator"))}/v1";

    public void Dispose() => _held?.Dispose();
}
