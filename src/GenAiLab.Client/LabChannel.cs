using System.Net.Http;
using System.Net.Security;
using System.Security.Authentication;
using GenAiLab.Security;
using GenAiLab.Security.Certificates;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;

namespace GenAiLab.Client;

/// <summary>A channel to one service of a lab, with what the lab wants to see of its callers. Thread-safe.</summary>
public sealed class LabChannel : IDisposable
{
    private readonly GrpcChannel _channel;

    /// <param name="address">
    /// http or https; or <c>dns:///name:port</c> for replicas of the service that are all found by the name: calls are spread
    /// over them. By dns, TLS is used where the credentials have a file.
    /// </param>
    /// <param name="credentials">Null: none. The files count for TLS alone.</param>
    /// <param name="configure">Changes the channel's options; not its handler.</param>
    /// <exception cref="SecurityFileException">A PEM file cannot be used; the message names it.</exception>
    public LabChannel(Uri address, LabCredentials? credentials = null, Action<GrpcChannelOptions>? configure = null)
        : this([address], credentials, configure)
    {
    }

    /// <summary>
    /// A channel to replicas of one service: each call goes to the next one that can be reached. A call to an orchestrator
    /// that was lost before it began to answer is tried at another one.
    /// </summary>
    /// <param name="addresses">At least one; all http or all https where there are several.</param>
    /// <param name="credentials">Null: none. The files count for TLS alone.</param>
    /// <param name="configure">Changes the channel's options; not its handler.</param>
    /// <exception cref="ArgumentException">The addresses have several schemes, or none is given.</exception>
    /// <exception cref="SecurityFileException">A PEM file cannot be used; the message names it.</exception>
    public LabChannel(IReadOnlyList<Uri> addresses, LabCredentials? credentials = null, Action<GrpcChannelOptions>? configure = null)
    {
        var replicas = new ReplicaAddresses(addresses);
        var files = (credentials?.Authority ?? credentials?.Certificate ?? credentials?.Key) is not null;
        var options = new GrpcChannelOptions();
        if (files && replicas.Scheme != Uri.UriSchemeHttp)
        {
            options.HttpHandler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true, SslOptions = Tls(credentials!) };
            options.DisposeHttpClient = true;
        }

        replicas.Balance(options, secure: files || replicas.Scheme == Uri.UriSchemeHttps);
        configure?.Invoke(options);
        _channel = GrpcChannel.ForAddress(replicas.Target, options);
        Invoker = credentials?.ApiKey is { Length: > 0 } key
            ? _channel.Intercept(headers =>
            {
                headers.Add("authorization", $"Bearer {key}");
                return headers;
            })
            : _channel.CreateCallInvoker();
    }

    /// <summary>What the generated clients take.</summary>
    public CallInvoker Invoker { get; }

    /// <summary>Closes the connections; calls that still run end.</summary>
    public void Dispose() => _channel.Dispose();

    private static SslClientAuthenticationOptions Tls(LabCredentials credentials)
    {
        var files = new CertificateFiles(new CertificatePaths(
            NamedPath.From("the client's certificate", credentials.Certificate),
            NamedPath.From("the client's key", credentials.Key),
            NamedPath.From("the authority", credentials.Authority)));
        var options = new SslClientAuthenticationOptions
        {
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            LocalCertificateSelectionCallback = (_, _, _, _, _) => files.Current.Certificate!,
        };
        if (credentials.Authority is not null)
        {
            options.RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                PeerCertificate.Obstacle(certificate, chain, errors, files.Current.Authority!, Peer.Server) is not { } obstacle
                    ? true
                    : throw new SecurityFileException($"the service is not trusted: {obstacle}");
        }

        return options;
    }
}
