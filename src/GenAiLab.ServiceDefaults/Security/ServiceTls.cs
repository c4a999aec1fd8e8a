using System.Net.Security;
using System.Security.Authentication;
using GenAiLab.Security.Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace GenAiLab.ServiceDefaults.Security;

/// <summary>
/// A service's side of TLS, as server and as client of the others. Certificates are looked at with every
/// handshake, so replaced files hold for new connections, and running ones go on with what they began with.
/// </summary>
internal sealed partial class ServiceTls(SecurityOptions options, ILogger<ServiceTls> logger)
{
    // Read when it is first needed; the registration makes sure that this is before the first connection.
    private readonly CertificateFiles _files = new(options.Certificates, message => LogFiles(logger, message));

    /// <summary>For the https endpoints.</summary>
    public TlsHandshakeCallbackOptions ForEndpoints => new() { OnConnection = handshake => ValueTask.FromResult(ForConnection(handshake.Connection)) };

    /// <summary>For calls of the other services; null: those are made in the clear, or with the system's authorities.</summary>
    public SslClientAuthenticationOptions? ForCalls(string service) => !options.CallsTls ? null : new()
    {
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        LocalCertificateSelectionCallback = (_, _, _, _, _) => _files.Current.Certificate!,
        RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
            Passes(PeerCertificate.Obstacle(certificate, chain, errors, _files.Current.Authority!, Peer.Server), service, LogServer),
    };

    private SslServerAuthenticationOptions ForConnection(ConnectionContext connection)
    {
        var current = _files.Current;
        var ssl = new SslServerAuthenticationOptions
        {
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ServerCertificateContext = current.Context,
            // A resumed session would carry an old verdict on the client past a change of the authority.
            AllowTlsResume = false,
        };
        if (current.Authority is { } authority)
        {
            var caller = connection.RemoteEndPoint?.ToString() ?? "a local socket";
            ssl.ClientCertificateRequired = true; // It is asked for; the callback decides.
            ssl.RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                (certificate is null && !options.RequiresClientCertificate)
                || Passes(PeerCertificate.Obstacle(certificate, chain, errors, authority, Peer.Client), caller, LogClient);
        }

        return ssl;
    }

    private bool Passes(string? obstacle, string peer, Action<ILogger, string, string> log)
    {
        if (obstacle is not null)
        {
            log(logger, peer, obstacle);
        }

        return obstacle is null;
    }

    [LoggerMessage(EventId = 42, Level = LogLevel.Warning, Message = "Refused the connection of {Caller}: {Obstacle}")]
    private static partial void LogClient(ILogger logger, string caller, string obstacle);

    [LoggerMessage(EventId = 43, Level = LogLevel.Warning, Message = "Refused to call the {Service}: {Obstacle}")]
    private static partial void LogServer(ILogger logger, string service, string obstacle);

    [LoggerMessage(EventId = 44, Level = LogLevel.Error, Message = "The replaced certificates are not used, those before them are: {Obstacle}")]
    private static partial void LogFiles(ILogger logger, string obstacle);
}
