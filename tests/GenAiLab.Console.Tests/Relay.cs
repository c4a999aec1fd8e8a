using System.Net;
using System.Net.Sockets;

namespace GenAiLab.WebConsole.Tests;

/// <summary>A port that leads to another one, for as long as it is open: what is behind it goes down and comes back at a test's word.</summary>
public sealed class Relay : IAsyncDisposable
{
    private const int PieceLength = 16 * 1024;
    private readonly Uri _target;
    private readonly Lock _lock = new();
    private readonly List<Socket> _sockets = [];
    private TcpListener? _listener;
    private Task _accepting = Task.CompletedTask;

    /// <summary>Chooses a port, which is closed.</summary>
    public Relay(string target)
    {
        _target = new Uri(target);
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
    }

    public int Port { get; }

    /// <summary>How long each piece of up to 16 kB is on its way: with 400 ms no more than 40 kB pass a second.</summary>
    public TimeSpan Delay { get; set; }

    public string Address => $"http://127.0.0.1:{Port}";

    public void Open()
    {
        _listener = new TcpListener(IPAddress.Loopback, Port);
        _listener.Start();
        _accepting = AcceptAsync(_listener);
    }

    /// <summary>Closes the port and every connection through it.</summary>
    public async Task CloseAsync()
    {
        _listener?.Stop();
        await _accepting;
        lock (_lock)
        {
            _sockets.ForEach(static socket => socket.Dispose());
            _sockets.Clear();
        }
    }

    public async ValueTask DisposeAsync() => await CloseAsync();

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                var from = await listener.AcceptSocketAsync();
                var to = new Socket(SocketType.Stream, ProtocolType.Tcp);
                lock (_lock)
                {
                    _sockets.AddRange([from, to]);
                }

                _ = ConnectAsync(from, to);
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // Closed.
        }
    }

    private async Task ConnectAsync(Socket from, Socket to)
    {
        try
        {
            await to.ConnectAsync(_target.Host, _target.Port);
            await Task.WhenAny(PassAsync(from, to), PassAsync(to, from));
        }
        catch (SocketException)
        {
            // Nobody is behind it.
        }
        finally
        {
            from.Dispose();
            to.Dispose();
        }
    }

    private async Task PassAsync(Socket from, Socket to)
    {
        try
        {
            await using NetworkStream source = new(from), target = new(to);
            var piece = new byte[PieceLength];
            while (await source.ReadAsync(piece) is > 0 and var count)
            {
                await Task.Delay(Delay);
                await target.WriteAsync(piece.AsMemory(0, count));
            }
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException)
        {
            // Cut.
        }
    }
}
