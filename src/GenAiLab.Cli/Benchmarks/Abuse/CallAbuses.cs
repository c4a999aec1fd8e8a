using System.Collections.Frozen;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;

namespace GenAiLab.Cli.Benchmarks.Abuse;

/// <summary>What can be done to a service by calls that are right as HTTP/2 and wrong as gRPC. Each tells what was answered.</summary>
internal static class CallAbuses
{
    private const int Bomb = 256 << 20;
    private const int Piece = 16_384;

    // Once: packing takes more than the service does.
    private static readonly Lazy<byte[]> Packed = new(Compressed);

    /// <summary>By name.</summary>
    public static FrozenDictionary<string, Func<AbuseTarget, CancellationToken, Task<string>>> All { get; } =
        new Dictionary<string, Func<AbuseTarget, CancellationToken, Task<string>>>
        {
            ["message of four gibibytes"] = (target, cancellation) => CallAsync(target, target.Path, Endless(uint.MaxValue), null, cancellation),
            ["message one byte too long"] = (target, cancellation) =>
                CallAsync(target, target.Path, Endless(ServiceDefaults.ServiceDefaultsExtensions.MaximumReceiveMessageBytes + 1), null, cancellation),
            ["message that is cut off"] = (target, cancellation) => CallAsync(target, target.Path, Body(Http2Frames.Prefix(1_000)), null, cancellation),
            ["message of one byte a second"] = (target, cancellation) => CallAsync(target, target.Path, new DripContent(), null, cancellation),
            ["compression bomb"] = (target, cancellation) => CallAsync(target, target.Path, Body(Http2Frames.Message(Packed.Value, isCompressed: true)), "gzip", cancellation),
            ["compression that nobody knows"] = (target, cancellation) =>
                CallAsync(target, target.Path, Body(Http2Frames.Message(new byte[8], isCompressed: true)), "unheard-of", cancellation),
            ["bytes that are no message"] = (target, cancellation) => CallAsync(target, target.Path, Body(Http2Frames.Message([0xFF, 0xFF, 0xFF, 0xFF])), null, cancellation),
            ["message of many levels"] = (target, cancellation) => CallAsync(target, target.Path, Body(Http2Frames.Message(Nested())), null, cancellation),
            ["method that is not there"] = (target, cancellation) => CallAsync(target, $"{target.Path}{Guid.NewGuid():N}", Body(target.Message), null, cancellation),
            ["service that is not there"] = (target, cancellation) => CallAsync(target, $"/{Guid.NewGuid():N}/{Guid.NewGuid():N}", Body(target.Message), null, cancellation),
            ["no gRPC"] = (target, cancellation) => CallAsync(target, target.Path, new StringContent("hello"), null, cancellation),
        }.ToFrozenDictionary();

    private static async Task<string> CallAsync(AbuseTarget target, string path, HttpContent body, string? encoding, CancellationToken cancellation)
    {
        using var handler = new SocketsHttpHandler();
        using var client = new HttpClient(handler);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(target.Address, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = body,
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        if (encoding is not null)
        {
            request.Headers.Add("grpc-encoding", encoding);
        }

        try
        {
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            await response.Content.CopyToAsync(Stream.Null, cancellation);
            var status = Value(response.TrailingHeaders) ?? Value(response.Headers);
            return status is null ? $"HTTP {(int)response.StatusCode}" : $"{(Grpc.Core.StatusCode)int.Parse(status, System.Globalization.CultureInfo.InvariantCulture)}";
        }
        catch (HttpRequestException error)
        {
            return $"{error.HttpRequestError}";
        }
        catch (HttpIOException error)
        {
            return $"{error.HttpRequestError}";
        }
    }

    private static string? Value(HttpHeaders headers) => headers.TryGetValues("grpc-status", out var values) ? values.First() : null;

    private static HttpContent Body(byte[] bytes)
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        return content;
    }

    private static HttpContent Endless(uint claimed) => new EndlessContent(claimed);

    // Half a mebibyte that unpacks to 256.
    private static byte[] Compressed()
    {
        using var packed = new MemoryStream();
        using (var zip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            var zeros = new byte[1 << 20];
            for (var written = 0; written < Bomb; written += zeros.Length)
            {
                zip.Write(zeros);
            }
        }

        return packed.ToArray();
    }

    // Groups in groups, of a field that no message has: a parser that recurses would run out of stack.
    private static byte[] Nested() => [.. Enumerable.Repeat((byte)0xFB, 100_000).SelectMany(static first => new[] { first, (byte)0x7F })];

    private sealed class DripContent : HttpContent
    {
        private const int Claimed = 1_000;

        public DripContent() => Headers.ContentType = new MediaTypeHeaderValue("application/grpc");

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.WriteAsync(Http2Frames.Prefix(Claimed), cancellationToken);
            for (var sent = 0; sent < Claimed; sent++)
            {
                await stream.WriteAsync(new byte[1], cancellationToken);
                await stream.FlushAsync(cancellationToken);
                await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    private sealed class EndlessContent : HttpContent
    {
        private readonly uint _claimed;

        public EndlessContent(uint claimed)
        {
            _claimed = claimed;
            Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.WriteAsync(Http2Frames.Prefix(_claimed), cancellationToken);
            for (var left = (long)_claimed; left > 0; left -= Piece)
            {
                await stream.WriteAsync(new byte[Math.Min(left, Piece)], cancellationToken);
                await stream.FlushAsync(cancellationToken);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
