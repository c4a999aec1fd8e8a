using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using GenAiLab.Client;
using GenAiLab.Models.Folders;
using GenAiLab.Security;
using Grpc.Core;

namespace GenAiLab.Cli.Commands;

/// <summary>A failure that the user can mend; its message is all that is printed.</summary>
internal sealed class CommandException(string message) : Exception(message);

/// <summary>Runs a command's body and turns what it throws into a message on standard error and an exit code.</summary>
internal static class CommandErrors
{
    /// <summary>The command failed; the reason is on standard error.</summary>
    public const int Failure = 1;

    /// <summary>Ended by Ctrl+C, as shells report it: 128 + SIGINT.</summary>
    public const int Interrupted = 130;

    /// <summary>Runs <paramref name="body"/>: 0 when it ends, <see cref="Failure"/> or <see cref="Interrupted"/> otherwise.</summary>
    public static async Task<int> RunAsync(Func<CancellationToken, Task> body, CancellationToken cancellation)
    {
        try
        {
            await body(cancellation);
            return 0;
        }
        catch (Exception) when (cancellation.IsCancellationRequested)
        {
            return Interrupted;
        }
        catch (Exception error) when (Explain(error) is { } message)
        {
            await Console.Error.WriteLineAsync($"lab: {message}");
            return Failure;
        }
    }

    /// <summary>What the user is told of an error; null for one that is nobody's but ours.</summary>
    public static string? Explain(Exception error) => error switch
    {
        CommandException => error.Message,
        RpcException rpc => ExplainStatus(rpc),
        ModelFolderException or SecurityFileException => error.Message,
        IOException or UnauthorizedAccessException => error.Message,
        _ => null,
    };

    private static string ExplainStatus(RpcException rpc)
    {
        var violations = rpc.GetFieldViolations();
        var detail = violations.Count > 0
            ? string.Join("; ", violations.Select(static violation => $"{violation.Field}: {violation.Description}"))
            : rpc.Status.Detail;
        return rpc.Status.DebugException is { } cause && Untrusted(cause) is { } reason ? reason
            : rpc.StatusCode == StatusCode.Unavailable && rpc.Status.DebugException is { } obstacle ? Unreachable(obstacle)
            : $"{detail} ({StatusName(rpc.StatusCode)})";
    }

    // With TLS 1.3 a caller without a certificate learns of it by the connection's end only.
    private static string Unreachable(Exception cause)
    {
        for (Exception? error = cause; error is not null; error = error.InnerException)
        {
            if (error is SocketException { SocketErrorCode: not SocketError.ConnectionReset })
            {
                return "the service is not reachable: is the lab up at this address?";
            }
        }

        return "the service hung up: it has ended, or it wants a certificate of yours (--ca, --cert, --key)";
    }

    // Which side trusts the other too little; null for every other error.
    private static string? Untrusted(Exception cause)
    {
        var untrusted = false;
        for (Exception? error = cause; error is not null; error = error.InnerException)
        {
            if (error is SecurityFileException)
            {
                return error.Message;
            }

            untrusted |= error is AuthenticationException or CryptographicException;
        }

        return untrusted
            ? "the service and lab do not trust each other: --ca must name the authority of its certificate, and it may want one of yours (--cert, --key)"
            : null;
    }

    // INVALID_ARGUMENT, as gRPC's documentation spells its codes.
    private static string StatusName(StatusCode code) =>
        string.Concat(code.ToString().Select(static (letter, at) => at > 0 && char.IsUpper(letter) ? $"_{letter}" : char.ToUpperInvariant(letter).ToString()));
}
