using GenAiLab.Client;
using GenAiLab.Preferences;
using GenAiLab.Security.Certificates;

namespace GenAiLab.Cli.Hosting;

/// <summary>What <c>lab up</c> was asked for.</summary>
/// <param name="Ports">Where the services listen.</param>
/// <param name="ModelsRoot">The folder of model folders; null: the nearest folder called models.</param>
/// <param name="Verbose">Whether information logs are shown.</param>
internal sealed record LabSettings(ServicePorts Ports, string? ModelsRoot, bool Verbose)
{
    /// <summary>A Unix socket on which the decoder listens as well; null: none.</summary>
    public string? DecoderSocket { get; init; }

    /// <summary>Which services are started; all unless said otherwise.</summary>
    public IReadOnlyList<string> Services { get; init; } = ServicePorts.Services;

    /// <summary>The model that an empty name means; null: <c>lab-base</c>.</summary>
    public string? DefaultModel { get; init; }

    /// <summary>Where spans go, by OTLP; null: where the environment says.</summary>
    public string? TelemetryAddress { get; init; }

    /// <summary>Which database the preferences are kept in; null: what the environment says, otherwise the user's own file.</summary>
    public string? Preferences { get; init; }

    /// <summary>A folder of <c>lab certs</c>: mutual TLS between all services; null: none.</summary>
    public string? Tls { get; init; }

    /// <summary>A file of <c>lab keys</c>, in force on the services that users call; null: none.</summary>
    public string? ApiKeys { get; init; }

    /// <summary>How the web console is opened to other machines; null: it listens on loopback, like everything else.</summary>
    public PublicConsole? Public { get; init; }

    /// <summary>What a caller of the services needs.</summary>
    public LabCredentials? Credentials => Tls is null ? null : new LabCredentials
    {
        Authority = Certificates.Authority,
        Certificate = Certificates.Certificate(CertificateFolder.Client),
        Key = Certificates.Key(CertificateFolder.Client),
    };

    // The services run in another folder.
    private CertificateFolder Certificates => new(Path.GetFullPath(Tls!));

    /// <summary>Certificates and keys of one service.</summary>
    public IEnumerable<KeyValuePair<string, string?>> SecurityConfiguration(string service)
    {
        if (Tls is not null)
        {
            yield return new("Tls:Certificate", Certificates.Certificate(service));
            yield return new("Tls:Key", Certificates.Key(service));
            yield return new("Tls:Authority", Certificates.Authority);
        }

        if (ApiKeys is not null)
        {
            yield return new("ApiKeys:File", Path.GetFullPath(ApiKeys));
        }
    }

    /// <summary>Configuration that the preferences alone get: it may hold a password.</summary>
    // The environment's is passed on as a full path: the services run in another folder.
    public IEnumerable<KeyValuePair<string, string?>> PreferencesConfiguration() =>
        (Preferences ?? Environment.GetEnvironmentVariable(PreferencesConnection.Key.Replace(":", "__", StringComparison.Ordinal))) is { Length: > 0 } connection
            ? [new(PreferencesConnection.Key, PreferencesConnection.Absolute(connection, Environment.CurrentDirectory))]
            : [];

    /// <summary>Configuration that every service gets, in every topology.</summary>
    public IEnumerable<KeyValuePair<string, string?>> Configuration()
    {
        // On loopback; grpcurl asks the services what they are.
        yield return new("Security:Reflection", "true");
        yield return new("Logging:LogLevel:Default", Verbose ? "Information" : "Warning");
        yield return new("Logging:LogLevel:Microsoft.AspNetCore", "Warning");
        // Quiet on purpose: while loading, a service reports that it is not ready yet, once a second.
        yield return new("Logging:LogLevel:Microsoft.Extensions.Diagnostics.HealthChecks", Verbose ? "Error" : "None");
        // Whoever pressed Ctrl+C is waiting, and another replica, where there is one, can take streams over at once.
        yield return new("Decoder:DrainGrace", "0");
        if (ModelsRoot is not null)
        {
            yield return new("Models:Root", Path.GetFullPath(ModelsRoot));
        }

        if (DefaultModel is not null)
        {
            yield return new("Models:Default", DefaultModel);
        }

        if (TelemetryAddress is not null)
        {
            yield return new("OTEL_EXPORTER_OTLP_ENDPOINT", TelemetryAddress);
            // Milliseconds: whoever asked for them waits for them.
            yield return new("OTEL_BSP_SCHEDULE_DELAY", "50");
        }
    }

    /// <summary>The two Kestrel endpoints of one process: gRPC wants HTTP/2, probes speak HTTP/1.1.</summary>
    public IEnumerable<KeyValuePair<string, string?>> Endpoints(string service)
    {
        yield return new("Kestrel:Endpoints:grpc:Url", Ports.GrpcAddress(service));
        yield return new("Kestrel:Endpoints:grpc:Protocols", "Http2");
        yield return new("Kestrel:Endpoints:http:Url", Ports.HttpAddress(service));
        yield return new("Kestrel:Endpoints:http:Protocols", "Http1");
        if (service == "decoder" && DecoderSocket is { } socket)
        {
            yield return new("Kestrel:Endpoints:socket:Url", $"http://unix:{socket}");
            yield return new("Kestrel:Endpoints:socket:Protocols", "Http2");
        }
    }
}

/// <summary>A way to host the five services.</summary>
internal interface ILabTopology : IAsyncDisposable
{
    /// <summary>What it is called on the command line.</summary>
    string Name { get; }

    /// <summary>Starts the services; ends when all of them are SERVING.</summary>
    /// <exception cref="Commands.CommandException">One of them could not start; the message says why.</exception>
    Task StartAsync(CancellationToken cancellation);

    /// <summary>Ends only by an exception: the caller's cancellation, or a service that ended.</summary>
    Task WaitForFailureAsync(CancellationToken cancellation);
}
