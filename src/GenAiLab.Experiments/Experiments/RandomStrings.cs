using System.Text;

namespace GenAiLab.Experiments.Experiments;

/// <summary>Strings of any Unicode, and of what breaks tokenizers: spaces, controls, marks, spelled-out special tokens.</summary>
internal static class RandomStrings
{
    private const int MaximumPieces = 24;
    private static readonly string[] Awkward =
    [
        " ", "  ", "\t", "\n", "\r\n", "\u00a0", "\u2003", "\u3000", "\u0000", "\u001f", "\u007f", "\u200b", "\u200d", "\ufeff", "\ufffd", "'s", "'LL", "...", "<|endoftext|>", "<s>",
        "e\u0301", "\u0301", "👩‍👩‍👧", "🏳️‍🌈", "\ud7ff", "\ue000", "\U0010ffff", "ﬁ", "İ", "ß", "١٢٣", "1234567", "__init__",
    ];

    /// <summary>The same strings for the same seed; none is empty.</summary>
    public static string[] Take(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => Next(random))];
    }

    private static string Next(Random random)
    {
        var text = new StringBuilder();
        var pieces = random.Next(1, MaximumPieces + 1);
        var kind = random.Next(8);
        for (var piece = 0; piece < pieces; piece++)
        {
            // A string keeps to a kind, mostly: real text does, and so merges happen.
            switch (random.Next(4) == 0 ? random.Next(8) : kind)
            {
                case 0 or 1:
                    text.Append((char)random.Next(' ', 0x7f));
                    break;
                case 2:
                    text.Append(Awkward[random.Next(Awkward.Length)]);
                    break;
                case 3:
                    text.Append((char)random.Next(0xa0, 0x530));
                    break;
                case 4:
                    text.Append((char)random.Next(0x3040, 0x9fff));
                    break;
                case 5:
                    text.Append(new Rune(random.Next(0x1f300, 0x1fb00)));
                    break;
                default:
                    text.Append(Scalar(random));
                    break;
            }
        }

        return text.ToString();
    }

    private static Rune Scalar(Random random)
    {
        // The surrogates are no characters.
        var value = random.Next(0x110000 - 0x800);
        return new Rune(value < 0xd800 ? value : value + 0x800);
    }
}
