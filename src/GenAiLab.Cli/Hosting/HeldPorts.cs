using System.Net;
using System.Net.Sockets;

namespace GenAiLab.Cli.Hosting;

/// <summary>
/// Free loopback ports for services that are yet to start, and to start again. On Linux each stays bound, without
/// listening, until this is disposed: the kernel then gives it neither to a connection nor to a program that asks for
/// any port, and lets the service listen on it all the same, because both allow an address to be used again, as .NET's
/// sockets do. Elsewhere a port is free at the time of the choice, and no more is known.
/// </summary>
internal sealed class HeldPorts : IDisposable
{
    private readonly Socket[] _sockets;

    /// <param name="count">How many.</param>
    public HeldPorts(int count)
    {
        _sockets = [.. Enumerable.Range(0, count).Select(static _ =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            return socket;
        })];
        Numbers = [.. _sockets.Select(static socket => ((IPEndPoint)socket.LocalEndPoint!).Port)];
        if (!OperatingSystem.IsLinux())
        {
            Dispose();
        }
    }

    /// <summary>The ports, all different.</summary>
    public IReadOnlyList<int> Numbers { get; }

    public void Dispose()
    {
        foreach (var socket in _sockets)
        {
            socket.Dispose();
        }
    }
}
