using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using GenAiLab.Cli.Chaos;

namespace GenAiLab.Cli.Tests.Chaos;

/// <summary>The proxy between orchestrators and decoders, with a service that sends everything back.</summary>
public sealed class FaultyLinkTests : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(300);
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<Socket> _served = [];
    private readonly FaultyLink _link;

    public FaultyLinkTests()
    {
        _listener.Start();
        _ = EchoAsync();
        _link = new FaultyLink(new Uri($"http://{_listener.LocalEndpoint}"), seed: 1);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Bytes_come_as_they_were_sent_and_late_and_lost_ones_too()
    {
        using var client = await ConnectAsync();
        var bytes = new byte[1_000_000];
        new Random(1).NextBytes(bytes);
        Assert.Equal(bytes, await EchoedAsync(client, bytes));

        _link.Delay(TimeSpan.FromMilliseconds(50));
        _link.Lose(0.2);
        Assert.Equal(bytes, await EchoedAsync(client, bytes));

        _link.Mend();
        _link.Delay(TimeSpan.FromMilliseconds(200));
        var began = Stopwatch.GetTimestamp();
        await EchoedAsync(client, [1]);
        // There and back; timers may be a little early.
        var took = Stopwatch.GetElapsedTime(began);
        Assert.True(took >= TimeSpan.FromMilliseconds(350), $"{took}");
    }

    [Fact]
    public async Task A_connection_that_is_cut_is_reset_and_the_next_one_is_well()
    {
        using var client = await ConnectAsync();
        await EchoedAsync(client, [1]);

        _link.Cut();

        Assert.Equal(SocketError.ConnectionReset, (await Assert.ThrowsAsync<SocketException>(() => ReceiveAsync(client))).SocketErrorCode);
        using var next = await ConnectAsync();
        Assert.Equal([2], await EchoedAsync(next, [2]));
    }

    [Fact]
    public async Task A_half_open_connection_says_nothing_and_the_next_one_is_well()
    {
        using var client = await ConnectAsync();
        await EchoedAsync(client, [1]);

        _link.HalfOpen();
        await client.SendAsync(new byte[] { 2 });
        _served[0].Dispose();

        await Assert.ThrowsAsync<TimeoutException>(() => client.ReceiveAsync(new byte[1]).WaitAsync(Moment, Cancellation));
        using var next = await ConnectAsync();
        Assert.Equal([3], await EchoedAsync(next, [3]));
    }

    [Fact]
    public async Task Behind_a_partition_nothing_passes_until_it_ends_and_then_everything()
    {
        using var client = await ConnectAsync();
        await EchoedAsync(client, [1]);

        _link.Partition();
        await client.SendAsync(new byte[] { 2 });
        using var late = await ConnectAsync();
        await late.SendAsync(new byte[] { 3 });
        var (first, second) = (ReceiveAsync(client), ReceiveAsync(late));
        await Assert.ThrowsAsync<TimeoutException>(() => Task.WhenAny(first, second).WaitAsync(Moment, Cancellation));

        _link.Mend();
        Assert.Equal((2, 3), (await first.WaitAsync(Limit, Cancellation), await second.WaitAsync(Limit, Cancellation)));
    }

    [Fact]
    public async Task An_end_of_one_side_is_seen_by_the_other_and_nothing_is_left()
    {
        var client = await ConnectAsync();
        await client.SendAsync(new byte[] { 1 });
        client.Shutdown(SocketShutdown.Send);

        Assert.Equal(1, await ReceiveAsync(client));
        Assert.Equal(0, await client.ReceiveAsync(new byte[1]).WaitAsync(Limit, Cancellation));
        client.Dispose();
        var began = Stopwatch.GetTimestamp();
        while (_link.Connections > 0)
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < Limit);
            await Task.Yield();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _link.DisposeAsync();
        _listener.Dispose();
        _served.ForEach(static socket => socket.Dispose());
    }

    private async Task EchoAsync()
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptSocketAsync();
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                return;
            }

            _served.Add(socket);
            _ = ServeAsync(socket);
        }
    }

    private static async Task ServeAsync(Socket socket)
    {
        try
        {
            var stream = new NetworkStream(socket);
            await stream.CopyToAsync(stream);
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException)
        {
            // Cut off, as it is to be.
        }
    }

    private async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, _link.Address.Port);
        return socket;
    }

    private static async Task<byte> ReceiveAsync(Socket socket)
    {
        var one = new byte[1];
        Assert.Equal(1, await socket.ReceiveAsync(one));
        return one[0];
    }

    private static async Task<byte[]> EchoedAsync(Socket socket, byte[] bytes)
    {
        var back = new byte[bytes.Length];
        var stream = new NetworkStream(socket);
        var sending = stream.WriteAsync(bytes).AsTask();
        await stream.ReadExactlyAsync(back).AsTask().WaitAsync(Limit, Cancellation);
        await sending;
        return back;
    }
}
