using System.Globalization;
using System.Text;

namespace GenAiLab.Tokenizer;

/// <summary>
/// Words of a text as people count them, after Unicode Standard Annex 29: runs of letters, marks, digits and
/// connectors, held together by an apostrophe, a full stop or a comma between two of a kind. Each ideograph and
/// each hiragana is one; scripts without spaces that need a dictionary, such as Thai, count a run as one.
/// </summary>
internal static class WordCount
{
    public static int Of(ReadOnlySpan<char> text)
    {
        var words = 0;
        var before = Kind.Other;
        for (var at = 0; at < text.Length;)
        {
            Rune.DecodeFromUtf16(text[at..], out var rune, out var units);
            at += units;
            var kind = KindOf(rune);
            if (kind == Kind.Mark)
            {
                continue; // Belongs to what it stands on.
            }

            if (kind == Kind.Joiner && (before is Kind.Letter or Kind.Digit) && KindAt(text, at) == before && Joins(rune, before))
            {
                continue;
            }

            if (kind == Kind.Ideograph || (kind is Kind.Letter or Kind.Digit && before is not (Kind.Letter or Kind.Digit)))
            {
                words++;
            }

            before = kind;
        }

        return words;
    }

    private enum Kind
    {
        Other,
        Letter,
        Digit,
        Ideograph,
        Joiner,
        Mark,
    }

    private static Kind KindAt(ReadOnlySpan<char> text, int at)
    {
        if (at >= text.Length)
        {
            return Kind.Other;
        }

        Rune.DecodeFromUtf16(text[at..], out var rune, out _);
        return KindOf(rune);
    }

    private static bool Joins(Rune rune, Kind sides) => rune.Value is '\'' or '\u2019' or '.' || (rune.Value == ',' ? sides == Kind.Digit : sides == Kind.Letter);

    private static Kind KindOf(Rune rune) => rune.Value switch
    {
        '\'' or '\u2019' or '.' or ',' or ':' or '\u00B7' => Kind.Joiner,
        (>= 0x3400 and <= 0x9FFF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x20000 and <= 0x3FFFF) or (>= 0x3041 and <= 0x309F) => Kind.Ideograph,
        _ => Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format => Kind.Mark,
            UnicodeCategory.DecimalDigitNumber => Kind.Digit,
            UnicodeCategory.ConnectorPunctuation => Kind.Letter,
            <= UnicodeCategory.OtherLetter or UnicodeCategory.LetterNumber => Kind.Letter,
            _ => Kind.Other,
        },
    };
}
