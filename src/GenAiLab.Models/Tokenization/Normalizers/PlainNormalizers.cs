using System.Text;
using GenAiLab.Models.Tokenization.Patterns;
using GenAiLab.Models.Tokenization.Text;
using GenAiLab.Models.Tokenization.Unicode;

namespace GenAiLab.Models.Tokenization.Normalizers;

/// <summary>One of the normalization forms of Unicode.</summary>
internal sealed class FormNormalizer(UnicodeNormalizer form) : TextNormalizer
{
    public override void Apply(AlignedText text, CancellationToken cancellation) => form.Normalize(text, cancellation);
}

/// <summary>Lower case, character by character as in Rust: U+0130 becomes two, and a final sigma is none.</summary>
internal sealed class LowercaseNormalizer : TextNormalizer
{
    public override void Apply(AlignedText text, CancellationToken cancellation)
    {
        if (!text.Letters.ContainsAnyInRange('A', 'Z') && !text.Letters.ContainsAnyExceptInRange('\0', '\u007F'))
        {
            return;
        }

        text.BeginRewrite();
        for (int at = 0, units; at < text.Length; at += units)
        {
            var point = CodePoints.At(text.Letters, at, out units);
            if (point == 0x130)
            {
                text.Put('i', at);
                text.Put(0x307, at);
            }
            else
            {
                text.Put(point < 0x80 ? point is >= 'A' and <= 'Z' ? point | 0x20 : point : Rune.ToLowerInvariant(new Rune(point)).Value, at);
            }
        }

        text.EndRewrite();
    }
}

/// <summary>Drops the characters that are not to be kept.</summary>
internal sealed class RemovingNormalizer(Func<int, bool> keeps) : TextNormalizer
{
    public override void Apply(AlignedText text, CancellationToken cancellation) => Apply(text, keeps, static point => point);

    /// <summary>Keeps the characters that are to be kept, and replaces each by one.</summary>
    public static void Apply(AlignedText text, Func<int, bool> keeps, Func<int, int> map)
    {
        text.BeginRewrite();
        for (int at = 0, units; at < text.Length; at += units)
        {
            var point = CodePoints.At(text.Letters, at, out units);
            if (keeps(point))
            {
                text.Put(map(point), at);
            }
        }

        text.EndRewrite();
    }
}

/// <summary>What SentencePiece does for machine translation: no control characters, and one kind of space.</summary>
internal sealed class NmtNormalizer : TextNormalizer
{
    public override void Apply(AlignedText text, CancellationToken cancellation) => RemovingNormalizer.Apply(
        text,
        static point => point is not ((>= 0x01 and <= 0x08) or 0x0B or (>= 0x0E and <= 0x1F) or 0x7F or 0x8F or 0x9F),
        static point => point is 0x09 or 0x0A or 0x0C or 0x0D or 0x1680 or (>= 0x200B and <= 0x200F) or 0x2028 or 0x2029 or 0x2581 or 0xFEFF or 0xFFFD ? ' ' : point);
}

/// <summary>Spells each byte of the text's UTF-8 as a letter of <see cref="ByteAlphabet"/>.</summary>
internal sealed class ByteLevelNormalizer : TextNormalizer
{
    public override void Apply(AlignedText text, CancellationToken cancellation)
    {
        text.BeginRewrite();
        Spell(text, 0, text.Length);
        text.EndRewrite();
    }

    /// <summary>Writes the letters of a range; between BeginRewrite and EndRewrite.</summary>
    public static void Spell(AlignedText text, int start, int end)
    {
        Span<byte> bytes = stackalloc byte[4];
        for (int at = start, units; at < end; at += units)
        {
            var length = new Rune(CodePoints.At(text.Letters, at, out units)).EncodeToUtf8(bytes);
            for (var index = 0; index < length; index++)
            {
                text.PutByte(ByteAlphabet.Letter(bytes[index]), at, index);
            }
        }
    }
}

/// <summary>Drops white space at the ends.</summary>
internal sealed class StripNormalizer(bool left, bool right) : TextNormalizer
{
    public override void Apply(AlignedText text, CancellationToken cancellation)
    {
        var (start, end) = (0, text.Length);
        while (left && start < end && char.IsWhiteSpace(text.Letters[start]))
        {
            start++;
        }

        while (right && end > start && char.IsWhiteSpace(text.Letters[end - 1]))
        {
            end--;
        }

        if (start > 0 || end < text.Length)
        {
            text.BeginRewrite();
            text.Copy(start, end);
            text.EndRewrite();
        }
    }
}

/// <summary>Puts a text in front, of one that is not empty; it has the first character's place.</summary>
internal sealed class PrependNormalizer(string prefix) : TextNormalizer
{
    public override void Apply(AlignedText text, CancellationToken cancellation)
    {
        if (text.Length > 0)
        {
            text.BeginRewrite();
            Write(text, prefix, 0);
            text.Copy(0, text.Length);
            text.EndRewrite();
        }
    }

    /// <summary>Writes a text with the place of the character at <paramref name="source"/>; between BeginRewrite and EndRewrite.</summary>
    public static void Write(AlignedText text, string value, int source)
    {
        foreach (var rune in value.EnumerateRunes())
        {
            text.Put(rune.Value, source);
        }
    }
}

/// <summary>Replaces what a pattern finds. The new text has the place of the last character that it replaces, as in the reference.</summary>
internal sealed class ReplaceNormalizer(TextPattern pattern, string content) : TextNormalizer
{
    // An empty match may put the content everywhere; a hostile one may do so again and again.
    private const int MaximumGrowth = 64;
    private const int AlwaysAllowed = 1 << 20;

    public override void Apply(AlignedText text, CancellationToken cancellation)
    {
        var matches = new List<(int Start, int Length)>();
        pattern.Find(text.Letters, matches, cancellation);
        if (matches.Count == 0)
        {
            return;
        }

        if ((long)matches.Count * content.Length > Math.Max(AlwaysAllowed, (long)MaximumGrowth * text.Length))
        {
            throw new TokenizationException("the vocabulary's normalizer makes this text too long");
        }

        text.BeginRewrite();
        var at = 0;
        foreach (var (start, length) in matches)
        {
            text.Copy(at, start);
            at = start + length;
            PrependNormalizer.Write(text, content, at - 1);
        }

        text.Copy(at, text.Length);
        text.EndRewrite();
    }
}
