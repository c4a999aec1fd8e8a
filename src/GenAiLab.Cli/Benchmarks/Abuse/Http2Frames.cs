using System.Buffers.Binary;
using System.Text;

namespace GenAiLab.Cli.Benchmarks.Abuse;

/// <summary>Types of HTTP/2 frames (RFC 9113, section 6).</summary>
internal enum FrameType : byte
{
    Data = 0,
    Headers = 1,
    ResetStream = 3,
    Settings = 4,
    Ping = 6,
    GoAway = 7,
    WindowUpdate = 8,
    Continuation = 9,
}

/// <summary>The bytes of HTTP/2 frames, whether or not they keep the protocol's rules. Pure.</summary>
internal static class Http2Frames
{
    /// <summary>Bytes before a frame's payload.</summary>
    public const int HeaderBytes = 9;

    /// <summary>The largest payload that a server accepts unless it says otherwise.</summary>
    public const int LargestPayload = 16_384;

    /// <summary>On SETTINGS and PING: an answer.</summary>
    public const byte Ack = 1;

    /// <summary>On DATA and HEADERS: the last frame of its side of the stream.</summary>
    public const byte EndStream = 1;

    /// <summary>On HEADERS and CONTINUATION: the header block ends here.</summary>
    public const byte EndHeaders = 4;

    private const int LiteralInDynamicTable = 0x40;
    private const int LongestShortInteger = 0x7F;

    /// <summary>What a client says first.</summary>
    public static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>One frame.</summary>
    public static byte[] Frame(FrameType type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        var frame = new byte[HeaderBytes + payload.Length];
        (frame[0], frame[1], frame[2]) = ((byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length);
        (frame[3], frame[4]) = ((byte)type, flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame.AsSpan(HeaderBytes));
        return frame;
    }

    /// <summary>RST_STREAM with CANCEL.</summary>
    public static byte[] Reset(int stream) => Frame(FrameType.ResetStream, 0, stream, [0, 0, 0, 8]);

    /// <summary>A SETTINGS frame with one setting.</summary>
    public static byte[] Setting(ushort name, uint value)
    {
        var payload = new byte[6];
        BinaryPrimitives.WriteUInt16BigEndian(payload, name);
        BinaryPrimitives.WriteUInt32BigEndian(payload.AsSpan(2), value);
        return Frame(FrameType.Settings, 0, 0, payload);
    }

    /// <summary>The header block of a gRPC call, in literals that no dynamic table is needed for.</summary>
    public static byte[] CallHeaders(string path) =>
        [.. Header(":method", "POST"), .. Header(":scheme", "http"), .. Header(":path", path), .. Header(":authority", "localhost"), .. Header("content-type", "application/grpc"), .. Header("te", "trailers")];

    /// <summary>A header field as HPACK writes a literal (RFC 7541, section 6.2).</summary>
    /// <param name="name">In lower case.</param>
    /// <param name="value">In ASCII.</param>
    /// <param name="remember">Whether the server is to keep it in its dynamic table.</param>
    public static byte[] Header(string name, string value, bool remember = false) =>
        [(byte)(remember ? LiteralInDynamicTable : 0), .. Text(name), .. Text(value)];

    /// <summary>A gRPC message with its five bytes of prefix.</summary>
    public static byte[] Message(ReadOnlySpan<byte> message, bool isCompressed = false) => [.. Prefix((uint)message.Length, isCompressed), .. message];

    /// <summary>The prefix of a gRPC message, of whatever length it claims.</summary>
    public static byte[] Prefix(uint length, bool isCompressed = false)
    {
        var prefix = new byte[5];
        prefix[0] = isCompressed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt32BigEndian(prefix.AsSpan(1), length);
        return prefix;
    }

    private static byte[] Text(string text) => [.. Integer(text.Length), .. Encoding.ASCII.GetBytes(text)];

    // A prefix of seven bits; what does not fit follows in groups of seven, the lowest first.
    private static IEnumerable<byte> Integer(int value)
    {
        if (value < LongestShortInteger)
        {
            return [(byte)value];
        }

        List<byte> bytes = [LongestShortInteger];
        for (value -= LongestShortInteger; value > LongestShortInteger; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        return [.. bytes, (byte)value];
    }
}
