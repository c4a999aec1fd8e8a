using System.Globalization;
using System.Text;

namespace GenAiLab.Models.Tests.Parity;

/// <summary>What the texts of the parity corpus are made of: scripts, spaces, marks, emoji, controls.</summary>
internal static class Alphabets
{
    /// <summary>One block or more of each script, first and last code point; unassigned ones are left out when drawn.</summary>
    public static readonly (string Name, int First, int Last)[] Scripts =
    [
        ("Latin", 0x41, 0x7A), ("Latin-1", 0xC0, 0xFF), ("Latin Extended", 0x100, 0x24F), ("IPA", 0x250, 0x2AF), ("Greek", 0x370, 0x3FF),
        ("Cyrillic", 0x400, 0x52F), ("Armenian", 0x531, 0x58F), ("Hebrew", 0x591, 0x5F4), ("Arabic", 0x600, 0x6FF), ("Syriac", 0x700, 0x74F),
        ("Thaana", 0x780, 0x7B1), ("NKo", 0x7C0, 0x7FA), ("Samaritan", 0x800, 0x83E), ("Devanagari", 0x900, 0x97F), ("Bengali", 0x980, 0x9FE),
        ("Gurmukhi", 0xA01, 0xA76), ("Gujarati", 0xA81, 0xAFF), ("Oriya", 0xB01, 0xB77), ("Tamil", 0xB82, 0xBFA), ("Telugu", 0xC00, 0xC7F),
        ("Kannada", 0xC80, 0xCF2), ("Malayalam", 0xD00, 0xD7F), ("Sinhala", 0xD81, 0xDF4), ("Thai", 0xE01, 0xE5B), ("Lao", 0xE81, 0xEDF),
        ("Tibetan", 0xF00, 0xFDA), ("Myanmar", 0x1000, 0x109F), ("Georgian", 0x10A0, 0x10FF), ("Hangul Jamo", 0x1100, 0x11FF), ("Ethiopic", 0x1200, 0x137C),
        ("Cherokee", 0x13A0, 0x13FD), ("Canadian", 0x1400, 0x167F), ("Ogham", 0x1680, 0x169C), ("Runic", 0x16A0, 0x16F8), ("Khmer", 0x1780, 0x17F9),
        ("Mongolian", 0x1800, 0x18AA), ("Balinese", 0x1B00, 0x1B7C), ("Vedic", 0x1CD0, 0x1CFA), ("Phonetic", 0x1D00, 0x1DBF), ("Latin Additional", 0x1E00, 0x1EFF),
        ("Greek Extended", 0x1F00, 0x1FFE), ("Punctuation", 0x2010, 0x205E), ("Superscripts", 0x2070, 0x209C), ("Currency", 0x20A0, 0x20BF), ("Letterlike", 0x2100, 0x214F),
        ("Number forms", 0x2150, 0x218B), ("Arrows", 0x2190, 0x21FF), ("Operators", 0x2200, 0x22FF), ("Enclosed", 0x2460, 0x24FF), ("Box drawing", 0x2500, 0x257F),
        ("Dingbats", 0x2700, 0x27BF), ("Glagolitic", 0x2C00, 0x2C5F), ("Coptic", 0x2C80, 0x2CFF), ("Kangxi", 0x2F00, 0x2FD5), ("CJK punctuation", 0x3000, 0x303F),
        ("Hiragana", 0x3041, 0x309F), ("Katakana", 0x30A0, 0x30FF), ("Bopomofo", 0x3105, 0x312F), ("Compatibility Jamo", 0x3131, 0x318E), ("CJK enclosed", 0x3200, 0x33FF),
        ("Han extension A", 0x3400, 0x4DBF), ("Han", 0x4E00, 0x9FA5), ("Yi", 0xA000, 0xA48C), ("Vai", 0xA500, 0xA62B), ("Hangul", 0xAC00, 0xD7A3),
        ("Private use", 0xE000, 0xF8FF), ("Han compatibility", 0xF900, 0xFAD9), ("Presentation forms", 0xFB00, 0xFB4F), ("Arabic forms", 0xFB50, 0xFDFB), ("Small forms", 0xFE10, 0xFE6B),
        ("Arabic forms B", 0xFE70, 0xFEFC), ("Full-width", 0xFF01, 0xFFEE), ("Linear B", 0x10000, 0x100FA), ("Gothic", 0x10330, 0x1034A), ("Deseret", 0x10400, 0x1044F),
        ("Cypriot", 0x10800, 0x1083F), ("Brahmi", 0x11000, 0x1106F), ("Cuneiform", 0x12000, 0x12399), ("Hieroglyphs", 0x13000, 0x1342E), ("Musical", 0x1D100, 0x1D1E8),
        ("Mathematical", 0x1D400, 0x1D7FF), ("Adlam", 0x1E900, 0x1E959), ("Mahjong", 0x1F000, 0x1F02B), ("Enclosed letters", 0x1F100, 0x1F1AC), ("Pictographs", 0x1F300, 0x1F5FF),
        ("Emoticons", 0x1F600, 0x1F64F), ("Transport", 0x1F680, 0x1F6D7), ("Han extension B", 0x20000, 0x2A6DD), ("Han compatibility supplement", 0x2F800, 0x2FA1D), ("Tags", 0xE0020, 0xE007F),
    ];

    /// <summary>Everything that Unicode or a program calls a space, and the near misses.</summary>
    public static readonly string[] Spaces =
    [
        " ", "\t", "\n", "\r", "\r\n", "\v", "\f", "\u0085", "\u00A0", "\u1680", "\u180E", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005",
        "\u2006", "\u2007", "\u2008", "\u2009", "\u200A", "\u200B", "\u2028", "\u2029", "\u202F", "\u205F", "\u2060", "\u3000", "\uFEFF", "\u2581", "\u001C", "\u001F",
    ];

    /// <summary>Marks that combine with what stands before them.</summary>
    public static readonly string[] Marks = [.. Range(0x300, 0x36F), .. Range(0x483, 0x489), .. Range(0x591, 0x5BD), .. Range(0x64B, 0x65F), .. Range(0x93A, 0x94D), .. Range(0x1AB0, 0x1ABE), .. Range(0x20D0, 0x20F0), .. Range(0xFE00, 0xFE0F), "\u3099", "\u309A"];

    /// <summary>Emoji, alone and made of several code points.</summary>
    public static readonly string[] Emoji =
    [
        "😀", "🤖", "👍", "👍🏽", "👩‍💻", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🏴‍☠️", "🇫🇷", "🇯🇵", "🇺", "🏴\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F", "❤️", "❤", "☎︎", "1️⃣", "#⃣", "👁️‍🗨️", "🧑🏿‍🚀",
        "🤷🏻‍♀️", "🫶", "🐻‍❄️", "©️", "™", "🀄", "🅰", "🏽", "\u200D", "\uFE0F", "🕴🏼", "💑🏾", "🧔‍♂️",
    ];

    /// <summary>Code points that no text should have and every service meets.</summary>
    public static readonly string[] Controls =
    [
        .. Range(0x00, 0x1F), "\u007F", .. Range(0x80, 0x9F), "\u00AD", "\u061C", "\u200C", "\u200E", "\u200F", "\u202A", "\u202E", "\u2066", "\u2069", "\uFEFF", "\uFFF9", "\uFFFC", "\uFFFD", "\uFDD0", "\uFFFE", "\uFFFF",
        "\U0001FFFF", "\U000E0001", "\U0010FFFF",
    ];

    /// <summary>
    /// Whether every side knows a code point: assigned in Unicode 16.0, which .NET 10 and the patterns of the Rust library
    /// have (node 20 has 17.0), or a noncharacter, which no version assigns.
    /// </summary>
    public static bool IsKnown(int codePoint) =>
        Rune.IsValid(codePoint) && (CharUnicodeInfo.GetUnicodeCategory(codePoint) != UnicodeCategory.OtherNotAssigned || (codePoint & 0xFFFE) == 0xFFFE);

    /// <summary>Every code point that is known, of the many Han and Hangul that all are cut alike every seventh.</summary>
    public static IEnumerable<int> CodePoints => Enumerable.Range(0, 0x110000).Where(IsKnown).Where(static point => point % 7 == 0 || point
        is < 0x3400 or (> 0xA000 and < 0xAC00) or (> 0xD7A3 and < 0xE000) or (> 0xF8FF and < 0x17000) or (> 0x1A000 and < 0x20000) or (> 0x2F7FF and < 0x30000) or (> 0xDFFFF and < 0xF0000));

    private static IEnumerable<string> Range(int first, int last) => Enumerable.Range(first, last - first + 1).Where(static value => Rune.IsValid(value)).Select(static value => new Rune(value).ToString());
}
