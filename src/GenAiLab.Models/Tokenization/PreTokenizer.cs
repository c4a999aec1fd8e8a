using System.Text.RegularExpressions;

namespace GenAiLab.Models.Tokenization;

/// <summary>Cuts a text into the words within which byte pairs are merged: GPT-2's pattern.</summary>
internal static partial class PreTokenizer
{
    public static Regex.ValueMatchEnumerator Words(ReadOnlySpan<char> text) => Pattern().EnumerateMatches(text);

    [GeneratedRegex(@"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
