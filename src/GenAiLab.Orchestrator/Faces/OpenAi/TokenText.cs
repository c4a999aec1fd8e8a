using System.Globalization;
using System.Text;
using Google.Protobuf;

namespace GenAiLab.Orchestrator.Faces.OpenAi;

/// <summary>Bytes of tokens as JSON can carry them.</summary>
internal static class TokenText
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>OpenAI's least log-probability, where JSON has no infinity.</summary>
    public const float Impossible = -9999;

    /// <summary>The token's text; bytes that are no whole characters stand as <c>\xe3\x81</c>.</summary>
    public static string Of(ByteString piece) => TryDecode(piece) ?? Escaped(piece);

    /// <summary>The same as the completions say it, where a token is the name of a member: <c>bytes:\xe3\x81</c>.</summary>
    public static string Named(ByteString piece) => TryDecode(piece) ?? "bytes:" + Escaped(piece);

    /// <summary>How many characters begin in these bytes of UTF-8.</summary>
    public static int Characters(ReadOnlySpan<byte> bytes)
    {
        var count = 0;
        foreach (var value in bytes)
        {
            count += (value & 0xC0) == 0x80 ? 0 : 1;
        }

        return count;
    }

    public static float Finite(float logProbability) => float.IsFinite(logProbability) ? logProbability : Impossible;

    private static string? TryDecode(ByteString piece)
    {
        try
        {
            return Strict.GetString(piece.Span);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static string Escaped(ByteString piece) =>
        string.Concat(piece.Select(static value => "\\x" + value.ToString("x2", CultureInfo.InvariantCulture)));
}
