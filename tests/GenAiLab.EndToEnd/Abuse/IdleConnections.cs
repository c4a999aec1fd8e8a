using System.Globalization;
using GenAiLab.Cli.Benchmarks.Abuse;

namespace GenAiLab.EndToEnd.Abuse;

/// <summary>Connections of clients that ask for nothing, and answer when they are asked whether they live.</summary>
internal sealed class IdleConnections : IAsyncDisposable
{
    // Fewer than the system lets wait for a service: one more would try again after a second.
    private const int AtOnce = 64;
    private readonly RawConnection?[] _connections;

    private IdleConnections(int count) => _connections = new RawConnection?[count];

    /// <summary>Those that the service has not ended.</summary>
    public int Open => _connections.Count(static connection => connection is { IsOpen: true });

    /// <summary>Open files that the system lets a process of .NET have, which takes as many as it may; null: it does not say.</summary>
    public static int? OpenFileLimit
    {
        get
        {
            const string name = "Max open files";
            const string path = "/proc/self/limits";
            var line = File.Exists(path) ? File.ReadLines(path).FirstOrDefault(static line => line.StartsWith(name, StringComparison.Ordinal)) : null;
            return line?[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0] is not { } soft ? null
                : int.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit
                : int.MaxValue;
        }
    }

    /// <summary>Connects all of them, and waits until the service has taken the settings of each.</summary>
    public static async Task<IdleConnections> OpenAsync(Uri address, int count, CancellationToken cancellation)
    {
        var idle = new IdleConnections(count);
        try
        {
            await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation }, async (at, cancelled) =>
            {
                var connection = idle._connections[at] = await RawConnection.OpenIdleAsync(address, cancelled);
                Assert.True(await connection.SettledAsync(cancelled), $"a connection was ended as it came, beside {idle.Open:N0} that are open");
            });
            return idle;
        }
        catch
        {
            await idle.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until the service has asked each whether it lives.</summary>
    public async Task PingedAsync(CancellationToken cancellation) =>
        await Task.WhenAll(_connections.Select(connection => connection!.PingedAsync(cancellation)));

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections.OfType<RawConnection>())
        {
            await connection.DisposeAsync();
        }
    }
}
