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

    /// <param name="address">http or https.</param>
    /// <param name="credentials">Null: none. The files count for https alone.</param>
    /// <param name="configure">Changes the channel's options; not its handler.</param>
    /// <exception cref="SecurityFileException">A PEM file cannot be used; the message names it.</exception>
    public LabChannel(Uri address, LabCredentials? credentials = null, Action<GrpcChannelOptions>? configure = null)
    {
        var options = new GrpcChannelOptions();
        if (address.Scheme == Uri.UriSchemeHttps && (credentials?.Authority ?? credentials?.Certificate ?? credentials?.Key) is not null)
        {
            options.HttpHandler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true, SslOptions = Tls(credentials!) };
            options.DisposeHttpClient = true;
        }

        configure?.Invoke(options);
        _channel = GrpcChannel.ForAddress(address, options);
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
