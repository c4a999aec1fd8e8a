using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace GenAiLab.Tokenizer.Vocabularies;

/// <summary>
/// Cuts a text into words by a pattern over code points. .NET matches UTF-16 code units, to which a letter
/// outside the Basic Multilingual Plane is two surrogates and no letter; so the pattern sees a shadow of
/// the text in which each such code point is one character of the same general category.
/// </summary>
internal static class WordSplitter
{
    /// <summary>Calls <paramref name="word"/> with every word's range, in order and without gaps.</summary>
    public static void Split(ReadOnlySpan<char> text, Regex pattern, Action<int, int> word)
    {
        var shadow = text.ContainsAnyInRange('\uD800', '\uDFFF') ? Shadow(text) : text;
        var start = 0;
        foreach (var match in pattern.EnumerateMatches(shadow))
        {
            var length = match.Length;
            if (shadow.Length != text.Length)
            {
                length = 0;
                for (var points = 0; points < match.Length; points++)
                {
                    length += char.IsHighSurrogate(text[start + length]) ? 2 : 1;
                }
            }

            word(start, length);
            start += length;
        }
    }

    private static string Shadow(ReadOnlySpan<char> text)
    {
        var shadow = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            shadow.Append(rune.IsBmp ? (char)rune.Value : Representative(Rune.GetUnicodeCategory(rune)));
        }

        return shadow.ToString();
    }

    // None of these letters occurs in a contraction such as 's or 'll.
    private static char Representative(UnicodeCategory category) => category switch
    {
        UnicodeCategory.UppercaseLetter => '\u00C0',
        UnicodeCategory.LowercaseLetter => '\u00E0',
        UnicodeCategory.TitlecaseLetter => '\u01C5',
        UnicodeCategory.ModifierLetter => '\u02B0',
        UnicodeCategory.OtherLetter => '\u05D0',
        UnicodeCategory.NonSpacingMark => '\u0300',
        UnicodeCategory.SpacingCombiningMark => '\u0903',
        UnicodeCategory.EnclosingMark => '\u0488',
        UnicodeCategory.DecimalDigitNumber => '0',
        UnicodeCategory.LetterNumber => '\u2160',
        UnicodeCategory.OtherNumber => '\u00B2',
        _ => '\u263A',
    };
}
