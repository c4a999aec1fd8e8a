using System.Net.Sockets;
using GenAiLab.Security;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace GenAiLab.ServiceDefaults;

/// <summary>
/// Whether a service is being started: a start that fails is one line that says what to mend, not a stack trace
/// of the host and the end by an unhandled exception.
/// </summary>
internal sealed class StartPhase
{
    private const string Host = "Microsoft.Extensions.Hosting.Internal.Host";

    /// <summary>The host's own report of a failed start is held back.</summary>
    public bool IsStarting { get; set; }

    /// <summary>Adds the phase to a host; it is not starting until somebody says so.</summary>
    public static void Add(IHostApplicationBuilder builder)
    {
        var phase = new StartPhase();
        builder.Services.AddSingleton(phase);
        builder.Logging.AddFilter(Host, level => level >= (phase.IsStarting ? LogLevel.None : LogLevel.Warning));
    }

    /// <summary>What keeps a service from starting, in words for its operator; null: nothing that an operator could mend.</summary>
    public static string? Obstacle(Exception error) => error switch
    {
        SecurityFileException or OptionsValidationException => error.Message,
        IOException { InnerException: AddressInUseException } => error.Message,
        SocketException => $"an address that it is to listen on cannot be had: {error.Message}",
        _ => null,
    };
}
