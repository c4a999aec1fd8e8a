using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace GenAiLab.Tokenizer.ChatTemplates.Values;

/// <summary>Upper, lower and title case as Python has them: by Unicode's full mappings, in which a letter can become several.</summary>
internal static class LetterCase
{
    // Letters whose upper case is longer (SpecialCasing of Unicode), each before its upper case.
    private const string Longer =
        "ß SS ŉ \u02BCN ǰ J\u030C \u0390 Ι\u0308\u0301 \u03B0 Υ\u0308\u0301 և ԵՒ \u1E96 H\u0331 \u1E97 T\u0308 \u1E98 W\u030A "
        + "\u1E99 Y\u030A \u1E9A A\u02BE \u1F50 Υ\u0313 \u1F52 Υ\u0313\u0300 \u1F54 Υ\u0313\u0301 \u1F56 Υ\u0313\u0342 \u1F80 \u1F08Ι "
        + "\u1F81 \u1F09Ι \u1F82 \u1F0AΙ \u1F83 \u1F0BΙ \u1F84 \u1F0CΙ \u1F85 \u1F0DΙ \u1F86 \u1F0EΙ \u1F87 \u1F0FΙ \u1F88 \u1F08Ι "
        + "\u1F89 \u1F09Ι \u1F8A \u1F0AΙ \u1F8B \u1F0BΙ \u1F8C \u1F0CΙ \u1F8D \u1F0DΙ \u1F8E \u1F0EΙ \u1F8F \u1F0FΙ \u1F90 \u1F28Ι "
        + "\u1F91 \u1F29Ι \u1F92 \u1F2AΙ \u1F93 \u1F2BΙ \u1F94 \u1F2CΙ \u1F95 \u1F2DΙ \u1F96 \u1F2EΙ \u1F97 \u1F2FΙ \u1F98 \u1F28Ι "
        + "\u1F99 \u1F29Ι \u1F9A \u1F2AΙ \u1F9B \u1F2BΙ \u1F9C \u1F2CΙ \u1F9D \u1F2DΙ \u1F9E \u1F2EΙ \u1F9F \u1F2FΙ \u1FA0 \u1F68Ι "
        + "\u1FA1 \u1F69Ι \u1FA2 \u1F6AΙ \u1FA3 \u1F6BΙ \u1FA4 \u1F6CΙ \u1FA5 \u1F6DΙ \u1FA6 \u1F6EΙ \u1FA7 \u1F6FΙ \u1FA8 \u1F68Ι "
        + "\u1FA9 \u1F69Ι \u1FAA \u1F6AΙ \u1FAB \u1F6BΙ \u1FAC \u1F6CΙ \u1FAD \u1F6DΙ \u1FAE \u1F6EΙ \u1FAF \u1F6FΙ \u1FB2 \u1FBAΙ \u1FB3 ΑΙ "
        + "\u1FB4 ΆΙ \u1FB6 Α\u0342 \u1FB7 Α\u0342Ι \u1FBC ΑΙ \u1FC2 \u1FCAΙ \u1FC3 ΗΙ \u1FC4 ΉΙ \u1FC6 Η\u0342 \u1FC7 Η\u0342Ι \u1FCC ΗΙ "
        + "\u1FD2 Ι\u0308\u0300 \u1FD3 Ι\u0308\u0301 \u1FD6 Ι\u0342 \u1FD7 Ι\u0308\u0342 \u1FE2 Υ\u0308\u0300 \u1FE3 Υ\u0308\u0301 "
        + "\u1FE4 Ρ\u0313 \u1FE6 Υ\u0342 \u1FE7 Υ\u0308\u0342 \u1FF2 \u1FFAΙ \u1FF3 ΩΙ \u1FF4 ΏΙ \u1FF6 Ω\u0342 \u1FF7 Ω\u0342Ι \u1FFC ΩΙ "
        + "\uFB00 FF \uFB01 FI \uFB02 FL \uFB03 FFI \uFB04 FFL \uFB05 ST \uFB06 ST \uFB13 ՄՆ \uFB14 ՄԵ \uFB15 ՄԻ \uFB16 ՎՆ \uFB17 ՄԽ";

    private static readonly FrozenDictionary<char, string> LongerUpper = Longer.Split(' ').Chunk(2)
        .ToFrozenDictionary(static pair => pair[0][0], static pair => pair[1]);

    public static TextValue Upper(TextValue text) =>
        Ascii.IsValid(text.Text) ? text.Map(static part => part.ToUpperInvariant()) : text.MapCodePoints(Upper);

    public static TextValue Lower(TextValue text) =>
        Ascii.IsValid(text.Text) ? text.Map(static part => part.ToLowerInvariant()) : text.MapCodePoints(Lower);

    /// <summary>The first letter in title case, the others in lower case.</summary>
    public static TextValue Capitalize(TextValue text) =>
        text.MapCodePoints(static (whole, at) => at == 0 ? Title(whole, at) : Lower(whole, at));

    /// <summary>Every word so; it begins after anything that has no case.</summary>
    public static TextValue Title(TextValue text) =>
        text.MapCodePoints(static (whole, at) => at > 0 && IsCased(whole, Before(whole, at)) ? Lower(whole, at) : Title(whole, at));

    /// <summary>Every word so, as the filter of that name has it: it begins after white space, a hyphen or an opening bracket.</summary>
    public static TextValue TitleWords(TextValue text) =>
        text.MapCodePoints(static (whole, at) => at > 0 && !IsWordBreak(whole[at - 1]) ? Lower(whole, at) : Upper(whole, at));

    /// <summary>Whether it has upper case letters, and no others that have a case.</summary>
    public static bool IsUpper(string text) => HasOnly(text, static (whole, at) => Lower(whole, at) != Letter(whole, at));

    /// <summary>Whether it has lower case letters, and no others that have a case.</summary>
    public static bool IsLower(string text) => HasOnly(text, static (whole, at) => Upper(whole, at) != Letter(whole, at));

    private static bool HasOnly(string text, Func<string, int, bool> wanted)
    {
        var found = false;
        for (var at = 0; at < text.Length; at += Letter(text, at).Length)
        {
            if (IsCased(text, at))
            {
                if (!wanted(text, at))
                {
                    return false;
                }

                found = true;
            }
        }

        return found;
    }

    private static bool IsWordBreak(char character) => character is '-' or '(' or '{' or '[' or '<' || WhiteSpace.Is(character);

    private static string Upper(string text, int at) => LongerUpper.TryGetValue(text[at], out var longer) ? longer : text[at] switch
    {
        'ı' => "I", // .NET leaves these two out of its culture-free mappings.
        'ſ' => "S",
        _ => Simple(text, at, Rune.ToUpperInvariant),
    };

    private static string Lower(string text, int at) => text[at] switch
    {
        'Σ' => IsFinal(text, at) ? "ς" : "σ",
        'İ' => "i\u0307",
        _ => Simple(text, at, Rune.ToLowerInvariant),
    };

    private static string Title(string text, int at)
    {
        var letter = text[at];
        if (letter is >= 'Ǆ' and <= 'ǌ' or >= 'Ǳ' and <= 'ǳ')
        {
            return (letter <= 'Ǆ' + 2 ? 'ǅ' : letter <= 'Ǉ' + 2 ? 'ǈ' : letter <= 'Ǌ' + 2 ? 'ǋ' : 'ǲ').ToString();
        }

        if (letter is >= 'ა' and <= 'ჿ')
        {
            return letter.ToString(); // Georgian has capitals only for whole words.
        }

        if (!LongerUpper.TryGetValue(letter, out var longer))
        {
            return Upper(text, at);
        }

        // Greek letters with an iota below have a title case of one character, or keep the iota as a mark.
        var simple = char.ToUpperInvariant(letter);
        return simple != letter || char.GetUnicodeCategory(letter) == UnicodeCategory.TitlecaseLetter ? simple.ToString()
            : letter >= '\u1F80' && longer[^1] == 'Ι' ? longer[..^1] + '\u0345'
            : letter == 'ŉ' ? longer
            : longer[0] + longer[1..].ToLowerInvariant();
    }

    // A sigma at a word's end: a letter before it and none after it, looking over marks (Unicode's Final_Sigma).
    private static bool IsFinal(string text, int at)
    {
        var before = at;
        do
        {
            before = Before(text, before);
        }
        while (before >= 0 && IsIgnorable(text, before));

        var after = at + 1;
        while (after < text.Length && IsIgnorable(text, after))
        {
            after += Letter(text, after).Length;
        }

        return IsCased(text, before) && !(after < text.Length && IsCased(text, after));
    }

    private static int Before(string text, int at) => at >= 2 && char.IsSurrogatePair(text[at - 2], text[at - 1]) ? at - 2 : at - 1;

    private static bool IsCased(string text, int at)
    {
        if (at < 0 || !Rune.TryGetRuneAt(text, at, out var rune))
        {
            return false;
        }

        var category = Rune.GetUnicodeCategory(rune);
        return category is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter
                or UnicodeCategory.TitlecaseLetter
            || rune.Value is 0xAA or 0xBA or (>= 0x2160 and <= 0x217F) or (>= 0x24B6 and <= 0x24E9);
    }

    private static bool IsIgnorable(string text, int at) =>
        text[at] is '\'' or '.' or ':' or '·' or '\u2019' or '\u2018' or '^' or '`' or '¨'
        || CharUnicodeInfo.GetUnicodeCategory(text, at) is UnicodeCategory.NonSpacingMark
            or UnicodeCategory.EnclosingMark or UnicodeCategory.Format
            or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol;

    private static string Letter(string text, int at) => Rune.TryGetRuneAt(text, at, out var rune) ? rune.ToString() : text[at].ToString();

    private static string Simple(string text, int at, Func<Rune, Rune> map) =>
        Rune.TryGetRuneAt(text, at, out var rune) ? map(rune).ToString() : text[at].ToString();
}
