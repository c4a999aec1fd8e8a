using System.Text;
using Google.Protobuf;

namespace GenAiLab.Cli.Printing;

/// <summary>How a token's bytes are shown: quoted, with control characters and broken UTF-8 spelled out.</summary>
internal static class TokenText
{
    /// <summary>For example <c>" Paris"</c>, <c>"\n"</c> or <c>"\xE3\x81"</c>. Never emits a control character: generated text must not steer the terminal.</summary>
    public static string Quote(ByteString piece)
    {
        var text = new StringBuilder("\"");
        for (var bytes = piece.Span; !bytes.IsEmpty;)
        {
            var valid = Rune.DecodeFromUtf8(bytes, out var rune, out var consumed) == System.Buffers.OperationStatus.Done;
            text.Append((valid, rune.Value) switch
            {
                (false, _) => string.Concat(bytes[..consumed].ToArray().Select(static octet => $"\\x{octet:X2}")),
                (_, '"') => "\\\"",
                (_, '\\') => "\\\\",
                (_, '\n') => "\\n",
                (_, '\r') => "\\r",
                (_, '\t') => "\\t",
                _ when Rune.IsControl(rune) => $"\\u{rune.Value:X4}",
                _ => rune.ToString(),
            });
            bytes = bytes[consumed..];
        }

        return text.Append('"').ToString();
    }
}
