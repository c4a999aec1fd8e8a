using System.Globalization;
using System.Text;

namespace GenAiLab.Tokenizer.ChatTemplates.Syntax;

/// <summary>The escapes of a text literal, which are Python's.</summary>
internal static class TextLiteral
{
    private const string Simple = "\\'\"abfnrtv";
    private const string Meant = "\\'\"\a\b\f\n\r\t\v";

    /// <param name="literal">What stands between the quotes.</param>
    /// <param name="line">Where.</param>
    /// <exception cref="TemplateSyntaxException">An escape that is damaged, or names a character.</exception>
    public static string Unescape(ReadOnlySpan<char> literal, int line)
    {
        if (!literal.Contains('\\'))
        {
            return literal.ToString();
        }

        var text = new StringBuilder(literal.Length);
        for (var at = 0; at < literal.Length; at++)
        {
            if (literal[at] != '\\' || at + 1 == literal.Length)
            {
                text.Append(literal[at]);
                continue;
            }

            var letter = literal[++at];
            if (Simple.IndexOf(letter, StringComparison.Ordinal) is >= 0 and var known)
            {
                text.Append(Meant[known]);
            }
            else if (letter is >= '0' and <= '7')
            {
                var digits = 1;
                while (digits < 3 && at + digits < literal.Length && literal[at + digits] is >= '0' and <= '7')
                {
                    digits++;
                }

                text.Append((char)Convert.ToInt32(literal.Slice(at, digits).ToString(), 8));
                at += digits - 1;
            }
            else if (letter is 'x' or 'u' or 'U')
            {
                var digits = letter == 'x' ? 2 : letter == 'u' ? 4 : 8;
                text.Append(CodePoint(literal[(at + 1)..], digits, letter, line));
                at += digits;
            }
            else if (letter == 'N')
            {
                throw TemplateSyntaxException.Unsupported(line, "the escape '\\N'");
            }
            else if (letter != '\n')
            {
                text.Append('\\').Append(letter); // Python leaves what it does not know.
            }
        }

        return text.ToString();
    }

    private static string CodePoint(ReadOnlySpan<char> rest, int digits, char letter, int line) =>
        rest.Length >= digits && int.TryParse(rest[..digits], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) && Rune.IsValid(code)
            ? new Rune(code).ToString()
            : throw new TemplateSyntaxException(line, $"the escape '\\{letter}' names no character");
}
