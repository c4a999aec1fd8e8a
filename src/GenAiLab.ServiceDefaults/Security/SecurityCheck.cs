using GenAiLab.Security;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace GenAiLab.ServiceDefaults.Security;

/// <summary>Holds a service's settings against where it listens: what is public and open does not start.</summary>
internal sealed partial class SecurityCheck(
    SecurityOptions options, IConfiguration configuration, ILogger<SecurityCheck> logger, IServer? server = null, OwnCallerCheck? own = null) : IHostedLifecycleService
{
    private const string KeysOrCertificates =
        "Give it API keys (ApiKeys:File, lab keys create), or mutual TLS (Tls:Certificate, Tls:Key and Tls:Authority, lab certs)";

    private bool KnowsCallers => options.KnowsCallers || own is { IsInForce: true };

    /// <summary>Before anything is bound.</summary>
    /// <exception cref="SecurityFileException">The service is public and anyone could call it.</exception>
    public void Verify() => Verify(ListenAddresses.Configured(configuration));

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        Verify();
        return Task.CompletedTask;
    }

    /// <summary>Addresses that code chose are known only now.</summary>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        var addresses = server?.Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
        Verify(addresses);
        if (addresses.Any(static address => !ListenAddresses.IsLoopback(address)))
        {
            if (!KnowsCallers)
            {
                LogOpen(logger);
            }
            else if (own is { IsInForce: true })
            {
                LogReadable(logger);
            }
            else if (!options.ServesTls)
            {
                LogUnencrypted(logger);
            }
        }

        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Verify(IEnumerable<string> addresses)
    {
        if (!KnowsCallers && !options.AllowsPublicWithoutKeys
            && addresses.FirstOrDefault(static address => !ListenAddresses.IsLoopback(address)) is { } open)
        {
            throw new SecurityFileException(
                $"it would listen on {open}, where other machines can call it, and anyone could. {own?.Advice ?? KeysOrCertificates}, or a loopback address; "
                + "on a network that is closed by other means, say Security:AllowPublicWithoutKeys=true");
        }
    }

    [LoggerMessage(EventId = 40, Level = LogLevel.Warning,
        Message = "Other machines can call this service without a key, as Security:AllowPublicWithoutKeys says: the network must be closed")]
    private static partial void LogOpen(ILogger logger);

    [LoggerMessage(EventId = 41, Level = LogLevel.Warning,
        Message = "API keys come to this service unencrypted: set Tls:Certificate and Tls:Key, unless something before it ends TLS")]
    private static partial void LogUnencrypted(ILogger logger);

    [LoggerMessage(EventId = 50, Level = LogLevel.Warning,
        Message = "What is sent here, and what shows who sends it, is unencrypted: on a network that is not trusted, something before it has to end TLS")]
    private static partial void LogReadable(ILogger logger);
}
