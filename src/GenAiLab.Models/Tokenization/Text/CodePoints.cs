namespace GenAiLab.Models.Tokenization.Text;

/// <summary>Code points of well-formed UTF-16.</summary>
internal static class CodePoints
{
    /// <summary>The code point at an index, and how many code units it takes.</summary>
    public static int At(ReadOnlySpan<char> text, int index, out int units)
    {
        var unit = text[index];
        if (char.IsHighSurrogate(unit) && index + 1 < text.Length)
        {
            units = 2;
            return char.ConvertToUtf32(unit, text[index + 1]);
        }

        units = 1;
        return unit;
    }

    /// <summary>The code point that ends before an index, and how many code units it takes.</summary>
    public static int Before(ReadOnlySpan<char> text, int index, out int units)
    {
        units = index >= 2 && char.IsLowSurrogate(text[index - 1]) ? 2 : 1;
        return units == 2 ? char.ConvertToUtf32(text[index - 2], text[index - 1]) : text[index - 1];
    }

    /// <summary>Bytes of a code point in UTF-8.</summary>
    public static int Utf8Length(int point) => point switch
    {
        < 0x80 => 1,
        < 0x800 => 2,
        < 0x10000 => 3,
        _ => 4,
    };

    /// <summary>How many code points a text has.</summary>
    public static int Count(ReadOnlySpan<char> text)
    {
        var count = text.Length;
        foreach (var unit in text)
        {
            count -= char.IsLowSurrogate(unit) ? 1 : 0;
        }

        return count;
    }

    /// <inheritdoc cref="Repair(ReadOnlySpan{char})"/>
    public static string Repair(string text) => Repair(text.AsSpan()) is var repaired && repaired == text.AsSpan() ? text : new string(repaired);

    /// <summary>The text itself, or a copy in which U+FFFD stands for each lone surrogate.</summary>
    public static ReadOnlySpan<char> Repair(ReadOnlySpan<char> text)
    {
        for (var at = text.IndexOfAnyInRange('\uD800', '\uDFFF'); at >= 0 && at < text.Length; at++)
        {
            if (char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]))
            {
                at++;
            }
            else if (char.IsSurrogate(text[at]))
            {
                return RepairFrom(text, at);
            }
        }

        return text;
    }

    private static char[] RepairFrom(ReadOnlySpan<char> text, int start)
    {
        var repaired = text.ToArray();
        for (var at = start; at < repaired.Length; at++)
        {
            if (char.IsHighSurrogate(repaired[at]) && at + 1 < repaired.Length && char.IsLowSurrogate(repaired[at + 1]))
            {
                at++;
            }
            else if (char.IsSurrogate(repaired[at]))
            {
                repaired[at] = '\uFFFD';
            }
        }

        return repaired;
    }
}
