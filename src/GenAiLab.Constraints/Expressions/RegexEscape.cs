using System.Globalization;
using System.Text;
using GenAiLab.Constraints.Automata;

namespace GenAiLab.Constraints.Expressions;

/// <summary>What stands behind a backslash, and characters that stand for themselves.</summary>
internal static class RegexEscape
{
    /// <summary>Reads a character that stands for itself.</summary>
    public static int ParseLiteral(string pattern, ref int at)
    {
        if (Rune.DecodeFromUtf16(pattern.AsSpan(at), out var rune, out var length) != System.Buffers.OperationStatus.Done)
        {
            throw Refuse(at, "half of a surrogate pair stands for no character");
        }

        at += length;
        return rune.Value;
    }

    /// <summary>Reads an escape.</summary>
    /// <param name="pattern">The expression.</param>
    /// <param name="at">At the backslash; then behind the escape.</param>
    /// <param name="inClass">Whether it stands in brackets.</param>
    public static CodePointSet Parse(string pattern, ref int at, bool inClass)
    {
        var start = at++;
        if (at >= pattern.Length)
        {
            throw Refuse(start, "nothing follows the backslash");
        }

        var letter = pattern[at++];
        if (CharacterClasses.Of(letter) is { } set)
        {
            return set;
        }

        if (CharacterClasses.Control(letter) is >= 0 and var control)
        {
            return CodePointSet.Of(control);
        }

        switch (letter)
        {
            case 'b' when inClass:
                return CodePointSet.Of('\b');
            case 'b' or 'B' or 'A' or 'Z' or 'z' or 'G':
                throw Refuse(start, $"the assertion \\{letter} is not supported; ^ and $ are, at the ends");
            case 'k' or (>= '1' and <= '9'):
                throw Refuse(start, "back-references are not supported");
            case 'p' or 'P':
                throw Refuse(start, "Unicode properties are not supported; name the ranges");
            case '0' when at >= pattern.Length || !char.IsAsciiDigit(pattern[at]):
                return CodePointSet.Of(0);
            case 'x':
                return CodePointSet.Of(Hexadecimal(pattern, start, ref at, 2));
            case 'u':
                return CodePointSet.Of(Unicode(pattern, start, ref at));
            case 'c' when at < pattern.Length && char.IsAsciiLetter(pattern[at]):
                return CodePointSet.Of(pattern[at++] & 0x1F);
        }

        if (char.IsAsciiLetterOrDigit(letter))
        {
            throw Refuse(start, $"the escape \\{letter} is not supported");
        }

        at--;
        return CodePointSet.Of(ParseLiteral(pattern, ref at));
    }

    private static int Unicode(string pattern, int start, ref int at)
    {
        if (at < pattern.Length && pattern[at] == '{')
        {
            var end = pattern.IndexOf('}', at);
            var digits = end < 0 ? "" : pattern[(at + 1)..end];
            at = end + 1;
            return digits.Length is > 0 and <= 8
                && int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) && Rune.IsValid(value)
                ? value
                : throw Refuse(start, "\\u{...} names no character");
        }

        var unit = Hexadecimal(pattern, start, ref at, 4);
        if (char.IsHighSurrogate((char)unit) && pattern.AsSpan(at).StartsWith("\\u"))
        {
            at += 2;
            var low = Hexadecimal(pattern, start, ref at, 4);
            if (char.IsLowSurrogate((char)low))
            {
                return char.ConvertToUtf32((char)unit, (char)low);
            }
        }

        return char.IsSurrogate((char)unit) ? throw Refuse(start, "half of a surrogate pair stands for no character") : unit;
    }

    private static int Hexadecimal(string pattern, int start, ref int at, int digits)
    {
        if (at + digits > pattern.Length || !pattern.AsSpan(at, digits).ContainsOnlyHexadecimal())
        {
            throw Refuse(start, $"the escape needs {digits} hexadecimal digits");
        }

        at += digits;
        return int.Parse(pattern.AsSpan(at - digits, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }

    private static bool ContainsOnlyHexadecimal(this ReadOnlySpan<char> text)
    {
        foreach (var letter in text)
        {
            if (!char.IsAsciiHexDigit(letter))
            {
                return false;
            }
        }

        return true;
    }

    private static ConstraintException Refuse(int position, string reason) => new($"the expression at position {position}: {reason}");
}
