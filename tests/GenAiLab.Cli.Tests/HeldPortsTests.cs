using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using GenAiLab.Cli.Hosting;

namespace GenAiLab.Cli.Tests;

/// <summary>Ports that are kept for services until they start, and until they start again.</summary>
public sealed partial class HeldPortsTests
{
    [Fact]
    public void NobodyElseGetsAPortThatIsHeldAndAServiceListensOnIt()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "elsewhere ports are chosen and not held");
        using var held = new HeldPorts(20);
        Assert.Equal(20, held.Numbers.Distinct().Count());
        Assert.All(held.Numbers, static port => Assert.False(CanBind(port)));

        // A service starts, ends and starts again.
        foreach (var _ in new[] { 1, 2 })
        {
            using var service = new TcpListener(IPAddress.Loopback, held.Numbers[0]);
            service.Start();
            using var client = new TcpClient();
            client.Connect(IPAddress.Loopback, held.Numbers[0]);
        }

        Assert.False(CanBind(held.Numbers[1]));
        held.Dispose();
        Assert.True(CanBind(held.Numbers[1]));
    }

    // As a program binds that does not ask to use an address again, and as the kernel does for a connection's own port.
    private static unsafe bool CanBind(int port)
    {
        var socket = Socket(domain: 2, type: 1, protocol: 0);
        try
        {
            // sockaddr_in: family, port and address in network order.
            byte* address = stackalloc byte[16];
            new Span<byte>(address, 16).Clear();
            (address[0], address[2], address[3], address[4], address[7]) = (2, (byte)(port >> 8), (byte)port, 127, 1);
            return Bind(socket, address, 16) == 0;
        }
        finally
        {
            _ = Close(socket);
        }
    }

    [LibraryImport("libc", EntryPoint = "socket")]
    private static partial int Socket(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind")]
    private static unsafe partial int Bind(int socket, byte* address, uint length);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int socket);
}
