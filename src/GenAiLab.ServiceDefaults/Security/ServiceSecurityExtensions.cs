using System.Runtime.InteropServices;
using GenAiLab.Security;
using GenAiLab.Security.ApiKeys;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace GenAiLab.ServiceDefaults.Security;

/// <summary>TLS, API keys and the refusal to be public without them.</summary>
public static partial class ServiceSecurityExtensions
{
    private const int CannotStart = 1;

    // Referred to until the process is gone: nobody else does.
    private static PosixSignalRegistration? _termination;

    /// <summary>
    /// Verifies what the settings say of security, then runs the service until it is told to stop. What cannot
    /// be used, such as a certificate that is missing or an address that is taken, is one line of the log and the
    /// exit code 1.
    /// </summary>
    public static async Task<int> RunServiceAsync(this WebApplication app)
    {
        // The console's log is written by another thread: it is through when the service is disposed.
        await using var running = app;
        var phase = app.Services.GetRequiredService<StartPhase>();
        try
        {
            phase.IsStarting = true;
            app.VerifySecurity();
            await app.StartAsync();
        }
        catch (OperationCanceledException) when (app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return 0;
        }
        catch (Exception error)
        {
            if (StartPhase.Obstacle(error) is { } obstacle)
            {
                LogCannotStart(app.Logger, obstacle);
            }
            else
            {
                LogStartFailed(app.Logger, error);
            }

            return CannotStart;
        }

        phase.IsStarting = false;
        // While the host is disposed it does not know SIGTERM any more: one that came then, after a drain or as a second
        // one, would end the process by force and with another exit code.
        _termination = PosixSignalRegistration.Create(PosixSignal.SIGTERM, static signal => signal.Cancel = true);
        await app.WaitForShutdownAsync();
        return 0;
    }

    /// <summary>Verifies what the settings say of security, before anything is bound.</summary>
    /// <exception cref="SecurityFileException">The service cannot start; the message names the setting.</exception>
    public static void VerifySecurity(this WebApplication app)
    {
        var options = app.Services.GetRequiredService<SecurityOptions>();
        if (options.ServesTls || options.CallsTls)
        {
            app.Services.GetRequiredService<ServiceTls>();
        }

        if (options.ApiKeys is not null)
        {
            app.Services.GetRequiredService<ApiKeyStore>();
        }

        app.Services.GetRequiredService<SecurityCheck>().Verify();
    }

    internal static void AddServiceSecurity(this IHostApplicationBuilder builder)
    {
        if (!string.IsNullOrWhiteSpace(builder.Configuration["Tls:Certificate"]))
        {
            builder.Configuration.AddInMemoryCollection([.. ListenAddresses.WithTls(builder.Configuration)]);
        }

        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => SecurityOptions.Read(provider.GetRequiredService<IConfiguration>(), provider.GetRequiredService<IHostEnvironment>()));
        services.AddSingleton<ServiceTls>();
        services.AddSingleton(static provider => new ApiKeyStore(
            provider.GetRequiredService<SecurityOptions>().ApiKeys!,
            provider.GetRequiredService<TimeProvider>(),
            message => LogKeys(provider.GetRequiredService<ILoggerFactory>().CreateLogger<ApiKeyStore>(), message)));
        services.AddSingleton<SecurityCheck>();
        services.AddHostedService(static provider => provider.GetRequiredService<SecurityCheck>());
        services.AddOptions<KestrelServerOptions>()
            .Configure<SecurityOptions>(static (kestrel, options) => kestrel.Limits.MaxConcurrentConnections = options.MaximumConnections);
        services.AddSingleton<IConfigureOptions<KestrelServerOptions>>(static provider => new ConfigureOptions<KestrelServerOptions>(kestrel =>
        {
            if (provider.GetRequiredService<SecurityOptions>().ServesTls && kestrel.ConfigurationLoader is { } endpoints)
            {
                var tls = provider.GetRequiredService<ServiceTls>().ForEndpoints;
                foreach (var name in ListenAddresses.EndpointNames(provider.GetRequiredService<IConfiguration>()))
                {
                    endpoints.Endpoint(name, endpoint =>
                    {
                        if (endpoint.IsHttps)
                        {
                            endpoint.ListenOptions.UseHttps(tls);
                        }
                    });
                }
            }
        }));
    }

    /// <summary>Puts the gate before every method that is mapped, where keys are in force.</summary>
    internal static void UseApiKeys(this WebApplication app)
    {
        if (app.Services.GetRequiredService<SecurityOptions>().ApiKeys is not null)
        {
            app.UseMiddleware<ApiKeyGate>();
        }
    }

    internal static bool Describes(this WebApplication app) => app.Services.GetRequiredService<SecurityOptions>().Reflection;

    [LoggerMessage(EventId = 46, Level = LogLevel.Critical, Message = "The service cannot start: {Obstacle}")]
    private static partial void LogCannotStart(ILogger logger, string obstacle);

    [LoggerMessage(EventId = 48, Level = LogLevel.Critical, Message = "The service has failed while it started")]
    private static partial void LogStartFailed(ILogger logger, Exception error);

    [LoggerMessage(EventId = 47, Level = LogLevel.Error, Message = "The changed API keys are not used, those before them are: {Obstacle}")]
    private static partial void LogKeys(ILogger logger, string obstacle);
}
