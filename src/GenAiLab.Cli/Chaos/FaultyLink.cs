using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace GenAiLab.Cli.Chaos;

/// <summary>
/// A TCP proxy in front of one service, through which a network's faults are made without a right that only root has:
/// connections that are cut, that go silent, and bytes that come late. Bytes are neither changed nor reordered.
/// Thread-safe.
/// </summary>
internal sealed class FaultyLink : IAsyncDisposable
{
    private const int BufferBytes = 64 * 1024;

    // What a kernel waits at least before it sends a lost segment again.
    private static readonly TimeSpan Retransmission = TimeSpan.FromMilliseconds(200);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<LinkConnection, Task> _connections = [];
    private readonly CancellationTokenSource _ended = new();
    private readonly IPEndPoint _target;
    private readonly Lock _gate = new();
    private readonly Random _random;
    private readonly Task _accepting;
    private TaskCompletionSource? _held;
    private double _loss;
    private long _delayTicks;

    /// <param name="target">The service, on loopback.</param>
    /// <param name="seed">Of the bytes that are lost.</param>
    public FaultyLink(Uri target, int seed)
    {
        (_target, _random) = (new IPEndPoint(IPAddress.Loopback, target.Port), new Random(seed));
        _listener.Start();
        Address = new Uri($"http://{_listener.LocalEndpoint}");
        _accepting = AcceptAsync();
    }

    /// <summary>Where its callers find the service.</summary>
    public Uri Address { get; }

    /// <summary>Connections that are open, as their callers see it.</summary>
    public int Connections => _connections.Count;

    /// <summary>Ends every connection by a reset. New ones are made.</summary>
    public void Cut()
    {
        foreach (var connection in _connections.Keys)
        {
            connection.Reset();
        }
    }

    /// <summary>
    /// Every connection becomes half-open: both ends keep it, and whatever they send, an end included, comes to nobody any
    /// more. New ones are made.
    /// </summary>
    public void HalfOpen()
    {
        foreach (var connection in _connections.Keys)
        {
            connection.IsDeaf = true;
        }
    }

    /// <summary>Nothing passes, and no connection is made, until <see cref="Mend"/>: then all of it arrives.</summary>
    public void Partition() => Interlocked.CompareExchange(ref _held, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), null);

    /// <summary>All bytes come so much later, in both directions.</summary>
    public void Delay(TimeSpan delay) => Volatile.Write(ref _delayTicks, delay.Ticks);

    /// <summary>So large a share of what is sent is lost once and sent again, 200 ms later; what follows waits for it.</summary>
    public void Lose(double share) => Volatile.Write(ref _loss, share);

    /// <summary>From here on all is well; what is cut or half-open stays so.</summary>
    public void Mend()
    {
        Delay(TimeSpan.Zero);
        Lose(0);
        Interlocked.Exchange(ref _held, null)?.SetResult();
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        _listener.Stop();
        Mend();
        Cut();
        await _accepting;
        await Task.WhenAll(_connections.Values);
        _ended.Dispose();
    }

    /// <summary>Ends while nothing passes.</summary>
    internal Task PassAsync() => Volatile.Read(ref _held)?.Task ?? Task.CompletedTask;

    /// <summary>How long what is sent now is under way.</summary>
    internal TimeSpan TransitTime()
    {
        var loss = Volatile.Read(ref _loss);
        var transit = new TimeSpan(Volatile.Read(ref _delayTicks));
        lock (_gate)
        {
            return loss > 0 && _random.NextDouble() < loss ? transit + Retransmission : transit;
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var near = await _listener.AcceptSocketAsync(_ended.Token);
                var connection = new LinkConnection(this, near, BufferBytes);
                var started = new TaskCompletionSource();
                _connections[connection] = RunAsync(connection, started.Task);
                started.SetResult();
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException && _ended.IsCancellationRequested)
        {
        }
    }

    private async Task RunAsync(LinkConnection connection, Task listed)
    {
        await listed;
        await connection.RunAsync(_target, _ended.Token);
        _connections.TryRemove(connection, out _);
    }
}
