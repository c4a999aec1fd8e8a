using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using GenAiLab.Models.Tokenization.Files;
using GenAiLab.Models.Tokenization.Text;

namespace GenAiLab.Models.Tokenization.Normalizers;

/// <summary>
/// SentencePiece's normalization: a double-array trie (darts-clone) from UTF-8 to places in a block of replacements.
/// Looked up, as the reference does, for each grapheme cluster of less than 6 bytes, else for each character; of all
/// prefixes that are found the shortest counts.
/// </summary>
internal sealed class PrecompiledNormalizer : TextNormalizer
{
    private const int LongestGrapheme = 6;
    private const int LongestReplacement = 1024;

    private readonly uint[] _trie;
    private readonly byte[] _replacements;

    private PrecompiledNormalizer(uint[] trie, byte[] replacements) => (_trie, _replacements) = (trie, replacements);

    /// <summary>Reads a charsmap: the trie's size in bytes, its units, and the replacements, each ended by a 0.</summary>
    public static TextNormalizer Parse(string base64, TokenizerComponent component)
    {
        byte[] map;
        try
        {
            map = Convert.FromBase64String(base64);
        }
        catch (FormatException)
        {
            throw component.Wrong("has a 'precompiled_charsmap' that is not Base64");
        }

        if (map.Length == 0)
        {
            return new NormalizerSequence([]);
        }

        var size = map.Length < 4 ? -1 : BinaryPrimitives.ReadInt32LittleEndian(map);
        if (size < 0 || size % 4 != 0 || size > map.Length - 4)
        {
            throw component.Wrong("has a 'precompiled_charsmap' that is cut off");
        }

        var trie = new uint[size / 4];
        for (var unit = 0; unit < trie.Length; unit++)
        {
            trie[unit] = BinaryPrimitives.ReadUInt32LittleEndian(map.AsSpan(4 + (4 * unit)));
        }

        var replacements = map[(4 + size)..];
        try
        {
            new UTF8Encoding(false, throwOnInvalidBytes: true).GetCharCount(replacements);
        }
        catch (DecoderFallbackException)
        {
            throw component.Wrong("has a 'precompiled_charsmap' whose replacements are not UTF-8");
        }

        return new PrecompiledNormalizer(trie, replacements);
    }

    public override void Apply(AlignedText text, CancellationToken cancellation)
    {
        text.BeginRewrite();
        text.ReadFrom(0);
        var changed = false;
        for (int at = 0, length, count = 0; at < text.Length; at += length, count++)
        {
            if ((count & 0xFFF) == 0)
            {
                cancellation.ThrowIfCancellationRequested();
            }

            length = GraphemeLength(text.Letters[at..]);
            var grapheme = text.Letters.Slice(at, length);
            if (Encoding.UTF8.GetByteCount(grapheme[..Math.Min(length, LongestGrapheme)]) is var bytes && length <= LongestGrapheme && bytes < LongestGrapheme
                && Find(grapheme) is var (start, end))
            {
                Replace(text, CodePoints.Count(grapheme), _replacements.AsSpan(start, end - start));
                changed = true;
                continue;
            }

            for (int part = 0, units; part < length; part += units)
            {
                var point = CodePoints.At(text.Letters, at + part, out units);
                if (Find(text.Letters.Slice(at + part, units)) is var (from, to))
                {
                    Replace(text, 1, _replacements.AsSpan(from, to - from));
                    changed = true;
                }
                else
                {
                    text.Change(point, 0);
                }
            }
        }

        if (changed)
        {
            text.EndRewrite();
        }
    }

    // A plain character in front of another is a cluster of its own; everything else takes .NET's tables.
    private static int GraphemeLength(ReadOnlySpan<char> text) =>
        text.Length == 1 || (text[0] is >= ' ' and < '\u0300' and not '\u00A9' and not '\u00AD' and not '\u00AE' && text[1] < '\u0300') ? 1 : StringInfo.GetNextTextElementLength(text);

    // The reference's list of changes: one for one, then insertions, or the last one drops what is left.
    private static void Replace(AlignedText text, int replaced, ReadOnlySpan<byte> replacement)
    {
        Span<char> letters = stackalloc char[replacement.Length];
        letters = letters[..Encoding.UTF8.GetChars(replacement, letters)];
        var count = CodePoints.Count(letters);
        for (int at = 0, units, index = 0; at < letters.Length; at += units, index++)
        {
            var point = CodePoints.At(letters, at, out units);
            text.Change(point, index >= replaced ? 1 : index == count - 1 ? count - replaced : 0);
        }

        if (count == 0)
        {
            text.Drop(replaced);
        }
    }

    // Darts: a unit's label, offset, and whether a value hangs below it (Yata, darts-clone).
    private (int Start, int End)? Find(ReadOnlySpan<char> key)
    {
        Span<byte> bytes = stackalloc byte[key.Length * 3];
        bytes = bytes[..Encoding.UTF8.GetBytes(key, bytes)];
        if (_trie.Length == 0)
        {
            return null;
        }

        var node = Offset(_trie[0]);
        foreach (var label in bytes)
        {
            if (label == 0)
            {
                return null;
            }

            node ^= label;
            if (node >= _trie.Length || (_trie[node] & 0x8000_00FF) != label)
            {
                return null;
            }

            var unit = _trie[node];
            node ^= Offset(unit);
            if (((unit >> 8) & 1) == 0)
            {
                continue;
            }

            var start = node < _trie.Length ? (int)(_trie[node] & 0x7FFF_FFFF) : int.MaxValue;
            if (start > _replacements.Length)
            {
                return null;
            }

            var length = _replacements.AsSpan(start).IndexOf((byte)0);
            length = length < 0 ? _replacements.Length - start : length;
            return length > LongestReplacement ? throw new TokenizationException("the vocabulary's normalizer makes this text too long") : (start, start + length);
        }

        return null;

        static uint Offset(uint unit) => (unit >> 10) << (int)((unit & (1u << 9)) >> 6);
    }
}
