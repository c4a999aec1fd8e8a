using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace GenAiLab.Cli.Chaos;

/// <summary>One caller's connection through a <see cref="FaultyLink"/>, and the one to the service that belongs to it.</summary>
internal sealed class LinkConnection(FaultyLink link, Socket near, int bufferBytes)
{
    // Chunks that are under way in one direction; the sender then waits, as it does for a full window.
    private const int Depth = 256;

    private readonly Socket _far = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private volatile bool _deaf;

    /// <summary>What either end sends comes to nobody.</summary>
    public bool IsDeaf
    {
        get => _deaf;
        set => _deaf = value;
    }

    /// <summary>Both ends see a reset.</summary>
    public void Reset()
    {
        Reset(near);
        Reset(_far);
    }

    /// <summary>Carries bytes until both ends have closed, or one has broken off.</summary>
    public async Task RunAsync(IPEndPoint target, CancellationToken cancellation)
    {
        try
        {
            near.NoDelay = true;
            await link.PassAsync().WaitAsync(cancellation);
            await _far.ConnectAsync(target, cancellation);
            await Task.WhenAll(PumpAsync(near, _far, cancellation), PumpAsync(_far, near, cancellation));
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Nobody listens there, or the link ends.
        }
        finally
        {
            Reset();
        }
    }

    private async Task PumpAsync(Socket from, Socket to, CancellationToken cancellation)
    {
        var chunks = Channel.CreateBounded<(long Due, byte[] Bytes)>(Depth);
        await Task.WhenAll(ReadAsync(from, to, chunks.Writer, cancellation), WriteAsync(to, chunks.Reader, cancellation));
    }

    private async Task ReadAsync(Socket from, Socket to, ChannelWriter<(long Due, byte[] Bytes)> chunks, CancellationToken cancellation)
    {
        var buffer = new byte[bufferBytes];
        try
        {
            while (await from.ReceiveAsync(buffer, cancellation) is var count && count > 0)
            {
                if (!_deaf)
                {
                    var due = Stopwatch.GetTimestamp() + (long)(link.TransitTime().TotalSeconds * Stopwatch.Frequency);
                    await chunks.WriteAsync((due, buffer[..count]), cancellation);
                }
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Broken off: the other end is to see that too, unless nothing reaches it.
            if (!_deaf)
            {
                Reset(to);
            }
        }
        finally
        {
            chunks.Complete();
        }
    }

    private async Task WriteAsync(Socket to, ChannelReader<(long Due, byte[] Bytes)> chunks, CancellationToken cancellation)
    {
        try
        {
            await foreach (var (due, bytes) in chunks.ReadAllAsync(cancellation))
            {
                var wait = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
                if (wait > TimeSpan.Zero)
                {
                    await Task.Delay(wait, cancellation);
                }

                await link.PassAsync().WaitAsync(cancellation);
                for (var sent = 0; sent < bytes.Length && !_deaf;)
                {
                    sent += await to.SendAsync(bytes.AsMemory(sent), cancellation);
                }
            }

            if (!_deaf)
            {
                to.Shutdown(SocketShutdown.Send);
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The reader of the other direction sees it too. This one's is not to wait for room.
            await foreach (var _ in chunks.ReadAllAsync(CancellationToken.None))
            {
            }
        }
    }

    // An abortive close: without it the other end would take the connection to have ended in order.
    private static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // Closed already.
        }

        socket.Dispose();
    }
}
