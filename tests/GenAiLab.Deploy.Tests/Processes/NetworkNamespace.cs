using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace GenAiLab.Deploy.Tests.Processes;

/// <summary>A network of its own with nothing but a loopback: the fixed ports of a deployment are free in it.</summary>
internal sealed class NetworkNamespace : IAsyncDisposable
{
    private const int NewNetwork = 0x40000000; // CLONE_NEWNET
    private readonly Process _holder;

    private NetworkNamespace(Process holder) => _holder = holder;

    /// <summary>The words before a program's own that make it run in here.</summary>
    public IReadOnlyList<string> Enter => ["nsenter", $"--net={Path}"];

    private string Path => $"/proc/{_holder.Id}/ns/net";

    /// <summary>Whether this process may make networks and mounts of its own.</summary>
    public static bool IsAllowed
    {
        get
        {
            using var probe = Process.Start(new ProcessStartInfo("unshare", ["--net", "--mount", "true"]) { RedirectStandardError = true })!;
            probe.StandardError.ReadToEnd();
            probe.WaitForExit();
            return probe.ExitCode == 0;
        }
    }

    public static async Task<NetworkNamespace> CreateAsync(CancellationToken cancellation)
    {
        // It lives for as long as its input is open: no longer than this process.
        var holder = Process.Start(new ProcessStartInfo("unshare", ["--net", "sh", "-c", "ip link set lo up && echo up && exec cat"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        Assert.Equal("up", await holder.StandardOutput.ReadLineAsync(cancellation));
        return new NetworkNamespace(holder);
    }

    /// <summary>Connects to a port in here. A socket belongs to the network of the thread that made it.</summary>
    public Task<Stream> ConnectAsync(int port)
    {
        var connected = new TaskCompletionSource<Stream>(TaskCreationOptions.RunContinuationsAsynchronously);
        // A thread of its own: it stays in that network and is given to no one else.
        new Thread(() =>
        {
            try
            {
                using var network = File.OpenHandle(Path);
                if (SetNamespace(network, NewNetwork) != 0)
                {
                    throw new InvalidOperationException($"setns: {Marshal.GetLastPInvokeErrorMessage()}");
                }

                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                socket.Connect(IPAddress.Loopback, port);
                connected.SetResult(new NetworkStream(socket, ownsSocket: true));
            }
            catch (Exception error)
            {
                connected.SetException(error);
            }
        }).Start();
        return connected.Task;
    }

    public async ValueTask DisposeAsync()
    {
        _holder.StandardInput.Close();
        await _holder.WaitForExitAsync();
        _holder.Dispose();
    }

    [DllImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static extern int SetNamespace(SafeFileHandle handle, int type);
}
