namespace GenAiLab.Constraints.Automata;

/// <summary>
/// Ranges of code points as sequences of byte ranges of UTF-8, by cutting a range wherever the number of
/// bytes or a leading byte changes (the method of RE2 and of Rust's utf8-ranges).
/// </summary>
internal static class Utf8Sequences
{
    private static readonly int[] LastOfLength = [0x7F, 0x7FF, 0xFFFF, 0x10FFFF];

    public static IEnumerable<(byte First, byte Last)[]> Of(CodePointSet set) => set.Ranges.SelectMany(static range => Cut(range.First, range.Last));

    private static IEnumerable<(byte First, byte Last)[]> Cut(int first, int last)
    {
        foreach (var border in LastOfLength)
        {
            if (first <= border && last > border)
            {
                return Cut(first, border).Concat(Cut(border + 1, last));
            }
        }

        if (last > 0x7F)
        {
            // All that differs may lie in the last continuation bytes, and there all of it.
            for (var bits = 6; bits <= 18; bits += 6)
            {
                var mask = (1 << bits) - 1;
                if ((first & ~mask) == (last & ~mask))
                {
                    continue;
                }

                if ((first & mask) != 0)
                {
                    return Cut(first, first | mask).Concat(Cut((first | mask) + 1, last));
                }

                if ((last & mask) != mask)
                {
                    return Cut(first, (last & ~mask) - 1).Concat(Cut(last & ~mask, last));
                }
            }
        }

        return [[.. Bytes(first).Zip(Bytes(last))]];
    }

    private static byte[] Bytes(int codePoint)
    {
        var bytes = new byte[4];
        return bytes[..new System.Text.Rune(codePoint).EncodeToUtf8(bytes)];
    }
}
