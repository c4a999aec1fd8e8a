using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Security.Cryptography;
using GenAiLab.Cli.Commands;

namespace GenAiLab.Cli.Hosting;

/// <summary>A web console that other machines can reach, and the token that it wants: <c>lab up --public</c>.</summary>
/// <param name="Token">What users have to know.</param>
/// <param name="Source">Where it came from, for people; null: it was made just now.</param>
internal sealed record PublicConsole(string Token, string? Source)
{
    /// <summary>The environment variable that gives the token.</summary>
    public const string Variable = "GENAILAB_CONSOLE_TOKEN";

    private const int RandomBytes = 20;

    /// <summary>The token of the file, otherwise of the environment, otherwise one of 160 random bits.</summary>
    /// <exception cref="CommandException">The file cannot be read.</exception>
    public static async Task<PublicConsole> ChooseAsync(string? file, CancellationToken cancellation)
    {
        if (file is not null)
        {
            try
            {
                return new PublicConsole((await File.ReadAllTextAsync(file, cancellation)).Trim(), file);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new CommandException($"the console's token cannot be read: {error.Message}");
            }
        }

        return Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given
            ? new PublicConsole(given, Variable)
            : new PublicConsole(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(RandomBytes)), null);
    }

    /// <summary>What Kestrel is to listen on.</summary>
    public static string Url(int port) => $"http://*:{port}";

    /// <summary>The address under which other machines find this one, as far as it knows: that of a network interface, or its name.</summary>
    public static string Address(int port)
    {
        var addresses = NetworkInterface.GetAllNetworkInterfaces()
            .Where(static one => one is { OperationalStatus: OperationalStatus.Up, NetworkInterfaceType: not NetworkInterfaceType.Loopback })
            .OrderByDescending(static one => one.GetIPProperties().GatewayAddresses.Count)
            .SelectMany(static one => one.GetIPProperties().UnicastAddresses)
            .Select(static one => one.Address)
            .Where(static address => address.AddressFamily == AddressFamily.InterNetwork);
        return $"http://{addresses.FirstOrDefault()?.ToString() ?? Environment.MachineName}:{port}";
    }

    /// <summary>What to tell who started it.</summary>
    public IEnumerable<string> Lines(int port) =>
    [
        $"  Web console:    {Address(port)}   (every machine of the network can reach it, in the clear: put TLS before it where others listen)",
        $"  Its token:      {(Source is null ? Token : $"that of {Source}")}",
    ];
}
