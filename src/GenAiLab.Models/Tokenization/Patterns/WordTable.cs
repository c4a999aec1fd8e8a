using System.Globalization;
using GenAiLab.Models.Tokenization.Text;

namespace GenAiLab.Models.Tokenization.Patterns;

/// <summary>What the hand-written word patterns ask of a character, one lookup for each.</summary>
internal static class WordTable
{
    public const byte Letter = 1;
    public const byte Number = 2;
    public const byte Space = 4;
    public const byte Newline = 8; // \r and \n, which are Space too.
    public const byte Upper = 16; // Lu, Lt
    public const byte Lower = 32; // Ll
    public const byte Caseless = 64; // Lm, Lo and marks

    private static readonly byte[] Kinds = Build();

    /// <summary>The kinds of the code point at an index; 0 for one that is neither letter, mark, number nor space.</summary>
    public static byte At(ReadOnlySpan<char> text, int index, out int units)
    {
        var unit = text[index];
        if (!char.IsSurrogate(unit))
        {
            units = 1;
            return Kinds[unit];
        }

        return Kind(CharUnicodeInfo.GetUnicodeCategory(CodePoints.At(text, index, out units)));
    }

    private static byte[] Build()
    {
        var kinds = new byte[0x10000];
        for (var unit = 0; unit < kinds.Length; unit++)
        {
            kinds[unit] = (byte)(Kind(CharUnicodeInfo.GetUnicodeCategory((char)unit)) | (char.IsWhiteSpace((char)unit) ? Space : 0) | (unit is '\r' or '\n' ? Newline : 0));
        }

        return kinds;
    }

    private static byte Kind(UnicodeCategory category) => category switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.TitlecaseLetter => Letter | Upper,
        UnicodeCategory.LowercaseLetter => Letter | Lower,
        UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => Letter | Caseless,
        UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark => Caseless,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Number,
        _ => 0,
    };
}
