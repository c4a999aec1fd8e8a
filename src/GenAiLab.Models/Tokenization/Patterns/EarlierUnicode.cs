namespace GenAiLab.Models.Tokenization.Patterns;

/// <summary>
/// Categories of characters that came, or changed, after the versions of Unicode that parts of the reference are built
/// on; a vocabulary was made with those. Asked of the reference itself, character by character. A range may hold
/// characters of other categories, which are never asked about.
/// </summary>
internal static class EarlierUnicode
{
    // Punctuation, nonspacing marks and controls, after 8.0 (the crate unicode_categories: BERT's parts, and Punctuation).
    private static readonly (int First, int Last)[] AfterEight =
    [
        (0x061D, 0x061D), (0x07FD, 0x07FD), (0x0890, 0x08E2), (0x09FD, 0x09FE), (0x0A76, 0x0A76), (0x0AFA, 0x0AFF), (0x0B55, 0x0B55), (0x0C04, 0x0C3C), (0x0C77, 0x0C77), (0x0C84, 0x0C84), (0x0D00, 0x0D00),
        (0x0D3B, 0x0D3C), (0x0D81, 0x0D81), (0x0EBA, 0x0EBA), (0x0ECE, 0x0ECE), (0x180F, 0x1886), (0x1ABF, 0x1ACE), (0x1B4E, 0x1B4F), (0x1B7D, 0x1B7F), (0x1DF6, 0x1DFB), (0x2E43, 0x2E5D), (0xA82C, 0xA82C),
        (0xA8C5, 0xA8C5), (0xA8FF, 0xA8FF), (0xA9BD, 0xA9BD), (0x10D24, 0x10F89), (0x11070, 0x11074), (0x110C2, 0x110CD), (0x111C9, 0x111C9), (0x111CF, 0x111CF), (0x1123E, 0x11241), (0x1133B, 0x1133B),
        (0x113BB, 0x1145E), (0x11660, 0x1166C), (0x116B9, 0x116B9), (0x1182F, 0x11FFF), (0x12FF1, 0x12FF2), (0x13430, 0x13455), (0x1611E, 0x1612F), (0x16D6D, 0x16F4F), (0x16FE2, 0x16FE4), (0x1CF00, 0x1CF46),
        (0x1E000, 0x1E5FF), (0x1E944, 0x1E95F),
    ];

    // Marks, after 9.0 (the crate unicode-normalization-alignments: StripAccents).
    private static readonly (int First, int Last)[] AfterNine =
    [
        (0x07FD, 0x07FD), (0x0897, 0x08D3), (0x09FE, 0x09FE), (0x0AFA, 0x0AFF), (0x0B55, 0x0B55), (0x0C04, 0x0C3C), (0x0CF3, 0x0D00), (0x0D3B, 0x0D3C), (0x0D81, 0x0D81), (0x0EBA, 0x0EBA), (0x0ECE, 0x0ECE),
        (0x1715, 0x1715), (0x180F, 0x180F), (0x1ABF, 0x1ACE), (0x1CF7, 0x1CF7), (0x1DF6, 0x1DFA), (0xA82C, 0xA82C), (0xA8FF, 0xA8FF), (0x10D24, 0x10F85), (0x11070, 0x11074), (0x110C2, 0x110C2), (0x11145, 0x11146),
        (0x111C9, 0x111C9), (0x111CE, 0x111CF), (0x11241, 0x11241), (0x1133B, 0x1133B), (0x113B8, 0x113E2), (0x1145E, 0x1145E), (0x1182C, 0x11A99), (0x11D31, 0x11F5A), (0x13440, 0x13455), (0x1611E, 0x1612F),
        (0x16F4F, 0x16F4F), (0x16F7F, 0x16F87), (0x16FE4, 0x16FF1), (0x1CF00, 0x1CF46), (0x1E08F, 0x1E5EF),
    ];

    /// <summary>Whether a punctuation mark, nonspacing mark or control was none in Unicode 8.0.</summary>
    public static bool IsAfterEight(int point) => Contains(AfterEight, point);

    /// <summary>Whether a mark was none in Unicode 9.0.</summary>
    public static bool IsAfterNine(int point) => Contains(AfterNine, point);

    private static bool Contains((int First, int Last)[] ranges, int point)
    {
        var (low, high) = (0, ranges.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (point < ranges[middle].First)
            {
                high = middle - 1;
            }
            else if (point > ranges[middle].Last)
            {
                low = middle + 1;
            }
            else
            {
                return true;
            }
        }

        return false;
    }
}
