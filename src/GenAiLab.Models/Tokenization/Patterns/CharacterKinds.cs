using System.Globalization;

namespace GenAiLab.Models.Tokenization.Patterns;

/// <summary>What kind of character a code point is, as the reference's libraries (Rust's char, its regex crate, unicode_categories) say it.</summary>
internal static class CharacterKinds
{
    private const string AsciiPunctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

    public static UnicodeCategory Category(int point) => CharUnicodeInfo.GetUnicodeCategory(point);

    /// <summary>The property White_Space, which is what .NET calls white space too.</summary>
    public static bool IsWhiteSpace(int point) => point < 0x10000 && char.IsWhiteSpace((char)point);

    /// <summary>Nd, Nl or No.</summary>
    public static bool IsNumeric(int point) => Category(point) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    /// <summary>ASCII punctuation, which holds some symbols, or one of the P categories as they were in Unicode 8.0.</summary>
    public static bool IsPunctuation(int point) => point < 0x80
        ? AsciiPunctuation.Contains((char)point, StringComparison.Ordinal)
        : (Category(point) is UnicodeCategory.ConnectorPunctuation or UnicodeCategory.DashPunctuation or UnicodeCategory.OpenPunctuation
            or UnicodeCategory.ClosePunctuation or UnicodeCategory.InitialQuotePunctuation or UnicodeCategory.FinalQuotePunctuation
            or UnicodeCategory.OtherPunctuation && !EarlierUnicode.IsAfterEight(point)) || point is 0x166D or 0x111C9;

    /// <summary>A combining mark: Mn, Mc or Me as they were in Unicode 9.0.</summary>
    public static bool IsMark(int point) => (Category(point) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark
        && !EarlierUnicode.IsAfterNine(point)) || point is 0x1CF2 or 0x1CF3;

    /// <summary>A nonspacing mark: Mn as it was in Unicode 8.0.</summary>
    public static bool IsNonspacingMark(int point) =>
        (Category(point) == UnicodeCategory.NonSpacingMark && !EarlierUnicode.IsAfterEight(point)) || point is 0x1734 or 0x1171E;

    /// <summary>A control, a format character or private use, as they were in Unicode 8.0.</summary>
    public static bool IsControl(int point) =>
        Category(point) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse && !EarlierUnicode.IsAfterEight(point);

    /// <summary>One of the symbols that are alphabetic all the same: circled and squared letters.</summary>
    public static bool IsLetterSymbol(int point) =>
        point is (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189);

    /// <summary>Part of a word (\w, UTS 18): alphabetic, a mark, a decimal digit, connecting punctuation or a join control.</summary>
    public static bool IsWord(int point) => Category(point) switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter
            or UnicodeCategory.OtherLetter or UnicodeCategory.LetterNumber or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.ConnectorPunctuation
            or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark => true,
        UnicodeCategory.OtherSymbol => IsLetterSymbol(point),
        UnicodeCategory.Format => point is 0x200C or 0x200D,
        _ => false,
    };
}
