using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net.Sockets;

namespace GenAiLab.Cli.Benchmarks.Abuse;

/// <summary>
/// A connection of HTTP/2 without TLS whose client keeps no rule that it is not told to keep: it sends the frames it is
/// given, and notes how the server takes them. One sender at a time; where it answers the server, nobody else.
/// </summary>
internal sealed class RawConnection : IAsyncDisposable
{
    private static readonly string[] ErrorNames =
    [
        "NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED", "FRAME_SIZE_ERROR", "REFUSED_STREAM",
        "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
    ];

    /// <summary>A server that takes nothing for so long does not want any more.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly TcpClient _client;
    private readonly bool _reads;
    private readonly bool _answers;
    private readonly NetworkStream _stream;
    private readonly CancellationTokenSource _ended = new();
    private readonly ConcurrentDictionary<string, int> _resets = new();
    private readonly TaskCompletionSource _pong = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _pinged = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;
    private volatile string? _goAway;
    private int _frames;

    private RawConnection(TcpClient client, bool reads, bool answers)
    {
        (_client, _stream, _reads, _answers) = (client, client.GetStream(), reads, answers);
        _reading = reads ? ReadAsync() : Task.CompletedTask;
    }

    /// <summary>Streams that the server reset, by the name of the error.</summary>
    public IReadOnlyDictionary<string, int> Resets => _resets;

    /// <summary>Frames that came.</summary>
    public int Frames => _frames;

    /// <summary>Whether the server has not ended the connection, as far as one who reads can tell.</summary>
    public bool IsOpen => _goAway is null && !_reading.IsCompleted;

    /// <summary>Connects, and begins as every client of HTTP/2 does.</summary>
    /// <param name="address">Of a gRPC endpoint.</param>
    /// <param name="reads">Whether what the server sends is taken off the socket.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    public static Task<RawConnection> OpenAsync(Uri address, bool reads, CancellationToken cancellation) => OpenAsync(address, reads, answers: false, cancellation);

    /// <summary>Connects as a client that is silent and well: it acknowledges the server's settings and answers its pings.</summary>
    public static Task<RawConnection> OpenIdleAsync(Uri address, CancellationToken cancellation) => OpenAsync(address, reads: true, answers: true, cancellation);

    /// <summary>Sends bytes as they are.</summary>
    /// <returns>Whether the server took them; false: it has closed the connection, or does not read.</returns>
    public async Task<bool> SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        if (_goAway is not null)
        {
            return false;
        }

        try
        {
            await _stream.WriteAsync(bytes, cancellation).AsTask().WaitAsync(Patience, cancellation);
            return true;
        }
        catch (Exception error) when (error is IOException or TimeoutException)
        {
            return false;
        }
    }

    /// <summary>Waits until the server has read all that was sent, or has ended the connection. Once, by one who reads.</summary>
    public async Task ReadByServerAsync(CancellationToken cancellation)
    {
        await SendAsync(Http2Frames.Frame(FrameType.Ping, 0, 0, new byte[8]), cancellation);
        await Task.WhenAny(_pong.Task, _reading).WaitAsync(cancellation);
    }

    /// <summary>Waits until the server has acknowledged the client's settings, or has ended the connection. By one who reads.</summary>
    /// <returns>Whether it has acknowledged them.</returns>
    public Task<bool> SettledAsync(CancellationToken cancellation) => IsReachedAsync(_settled.Task, cancellation);

    /// <summary>Waits until the server has asked by a ping whether the client lives, and has been answered, or has ended the connection.</summary>
    /// <returns>Whether it has asked.</returns>
    public Task<bool> PingedAsync(CancellationToken cancellation) => IsReachedAsync(_pinged.Task, cancellation);

    /// <summary>Waits until the server has ended the connection, or has shown for <paramref name="patience"/> that it does not.</summary>
    /// <returns>For example "GOAWAY PROTOCOL_ERROR", "closed", or "open"; "unread" where it was not looked at.</returns>
    public async Task<string> EndingAsync(TimeSpan patience, CancellationToken cancellation)
    {
        if (!_reads)
        {
            return "unread";
        }

        try
        {
            await _reading.WaitAsync(patience, cancellation);
            return _goAway is { } error ? $"GOAWAY {error}" : "closed";
        }
        catch (TimeoutException)
        {
            return "open";
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        _client.Dispose();
        await _reading;
        _ended.Dispose();
    }

    private static async Task<RawConnection> OpenAsync(Uri address, bool reads, bool answers, CancellationToken cancellation)
    {
        var client = new TcpClient { NoDelay = true };
        try
        {
            await client.ConnectAsync(address.Host, address.Port, cancellation);
            var connection = new RawConnection(client, reads, answers);
            await connection.SendAsync((byte[])[.. Http2Frames.Preface, .. Http2Frames.Frame(FrameType.Settings, 0, 0, [])], cancellation);
            return connection;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    private static string ErrorName(ReadOnlySpan<byte> bytes) =>
        BinaryPrimitives.ReadUInt32BigEndian(bytes) is var error && error < ErrorNames.Length ? ErrorNames[error] : $"error {error}";

    private async Task<bool> IsReachedAsync(Task moment, CancellationToken cancellation)
    {
        await Task.WhenAny(moment, _reading).WaitAsync(cancellation);
        return moment.IsCompleted;
    }

    private async Task AnswerAsync(FrameType type, ReadOnlyMemory<byte> payload) =>
        await _stream.WriteAsync(Http2Frames.Frame(type, Http2Frames.Ack, 0, payload.Span), _ended.Token);

    private async Task ReadAsync()
    {
        var header = new byte[Http2Frames.HeaderBytes];

        // As large as what comes: thousands of connections that only get pings would otherwise hold 16 KiB each.
        byte[] payload = [];
        try
        {
            while (true)
            {
                await _stream.ReadExactlyAsync(header, _ended.Token);
                var length = (header[0] << 16) | (header[1] << 8) | header[2];
                payload = payload.Length < length ? new byte[length] : payload;
                await _stream.ReadExactlyAsync(payload.AsMemory(0, length), _ended.Token);
                Interlocked.Increment(ref _frames);
                switch ((FrameType)header[3])
                {
                    case FrameType.ResetStream:
                        _resets.AddOrUpdate(ErrorName(payload), 1, static (_, count) => count + 1);
                        break;
                    case FrameType.Ping when header[4] == Http2Frames.Ack:
                        _pong.TrySetResult();
                        break;
                    case FrameType.Ping when _answers:
                        await AnswerAsync(FrameType.Ping, payload.AsMemory(0, length));
                        _pinged.TrySetResult();
                        break;
                    case FrameType.Settings when header[4] == Http2Frames.Ack:
                        _settled.TrySetResult();
                        break;
                    case FrameType.Settings when _answers:
                        await AnswerAsync(FrameType.Settings, default);
                        break;
                    case FrameType.GoAway:
                        _goAway = ErrorName(payload.AsSpan(4));
                        break;
                }
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The end; _goAway says whether the server gave a reason.
        }
    }
}
