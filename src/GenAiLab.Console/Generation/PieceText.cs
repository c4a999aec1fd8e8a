using System.Globalization;
using System.Text;
using Google.Protobuf;

namespace GenAiLab.WebConsole.Generation;

/// <summary>How the bytes of a token are shown: text where they are text, spaces and controls made visible.</summary>
internal static class PieceText
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>For example " of" as "·of", a line feed as "↵", half a character as "E2 96".</summary>
    public static string Show(ByteString piece)
    {
        if (piece.IsEmpty)
        {
            return "∅";
        }

        string text;
        try
        {
            text = Strict.GetString(piece.Span);
        }
        catch (DecoderFallbackException)
        {
            return Bytes(piece);
        }

        var shown = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                ' ' => shown.Append('·'),
                '\n' => shown.Append('↵'),
                '\t' => shown.Append('→'),
                '\r' => shown.Append('␍'),
                _ when Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
                    or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned =>
                    shown.Append(CultureInfo.InvariantCulture, $"U+{rune.Value:X4}"),
                _ => shown.Append(rune.ToString()),
            };
        }

        return shown.ToString();
    }

    /// <summary>The bytes in hexadecimal, for example "20 6F 66".</summary>
    public static string Bytes(ByteString piece) => string.Join(' ', piece.ToByteArray().Select(static value => value.ToString("X2", CultureInfo.InvariantCulture)));

    /// <summary>A length of time with its unit, for example "1.31 ms".</summary>
    public static string Time(long nanoseconds) => nanoseconds switch
    {
        >= 1_000_000_000 => $"{nanoseconds / 1e9:0.00} s",
        >= 1_000_000 => $"{nanoseconds / 1e6:0.00} ms",
        _ => $"{nanoseconds / 1e3:0} µs",
    };

    /// <summary>A probability, for example "99.6 %".</summary>
    public static string Percent(double probability) => $"{probability * 100:0.0} %";
}
