using System.Buffers;
using GenAiLab.Models.Tokenization.Models;
using GenAiLab.Models.Tokenization.Patterns;
using GenAiLab.Models.Tokenization.Text;

namespace GenAiLab.Models.Tokenization.Files;

/// <summary>Where special tokens are read: everywhere, or in some ranges of the original text and elsewhere only plain ones.</summary>
/// <param name="Everywhere">All of the text is trusted.</param>
/// <param name="Ranges">Else: the parts that are, in bytes of the original's UTF-8, in order, apart from each other.</param>
internal readonly record struct TrustedText(bool Everywhere, IReadOnlyList<(int Start, int End)> Ranges)
{
    /// <summary>Whether all of a place is trusted.</summary>
    public bool Covers(int start, int end)
    {
        if (Everywhere)
        {
            return true;
        }

        var (low, high) = (0, Ranges.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (start < Ranges[middle].Start)
            {
                high = middle - 1;
            }
            else if (start >= Ranges[middle].End)
            {
                low = middle + 1;
            }
            else
            {
                return end <= Ranges[middle].End;
            }
        }

        return false;
    }
}

/// <summary>Finds added tokens in a text: the leftmost, of those the longest, as in the reference.</summary>
internal sealed class AddedTokenFinder
{
    private const int CharactersBetweenChecks = 0x4000;

    private readonly UnitTrie _trie = new();
    private readonly SearchValues<char> _first;
    private readonly AddedToken[] _tokens;

    /// <param name="tokens">Each with what is looked for, not empty.</param>
    public AddedTokenFinder(IReadOnlyList<(AddedToken Token, string Spelling)> tokens)
    {
        _tokens = [.. tokens.Select(static entry => entry.Token)];
        for (var at = 0; at < tokens.Count; at++)
        {
            _trie.Add(tokens[at].Spelling, at);
        }

        _first = SearchValues.Create([.. tokens.Select(static entry => entry.Spelling[0]).Distinct()]);
    }

    /// <summary>Cuts a range of a text at the tokens found there.</summary>
    /// <param name="text">The text.</param>
    /// <param name="range">Where to look.</param>
    /// <param name="place">The bytes of the original that code units stand for.</param>
    /// <param name="trusted">Where all tokens are read.</param>
    /// <param name="output">Gets the parts, in order.</param>
    /// <param name="cancellation">Looked at now and then.</param>
    public void Cut(
        ReadOnlySpan<char> text, TextRange range, Func<int, int, (int Start, int End)> place, TrustedText trusted, List<TextRange> output, CancellationToken cancellation)
    {
        var sentence = text.Slice(range.Start, range.Length);
        var (done, at, checkedAt, spaces) = (0, 0, 0, 0);
        while (at < sentence.Length && sentence[at..].IndexOfAny(_first) is >= 0 and var found)
        {
            at += found;
            if (at - checkedAt > CharactersBetweenChecks)
            {
                cancellation.ThrowIfCancellationRequested();
                checkedAt = at;
            }

            var (length, token) = Longest(sentence, at, range.Start, place, trusted);
            if (token is null)
            {
                at++;
                continue;
            }

            var (start, end) = (at, at + length);
            at = end; // What is found and then discarded is passed over all the same, as in the reference.
            if (token.SingleWord && ((start > 0 && CharacterKinds.IsWord(CodePoints.Before(sentence, start, out _)))
                || (end < sentence.Length && CharacterKinds.IsWord(CodePoints.At(sentence, end, out _)))))
            {
                continue;
            }

            if (token.LeftStrip)
            {
                while (start > done && char.IsWhiteSpace(sentence[start - 1]))
                {
                    start--;
                }

                start = Math.Max(start, done);
            }

            // White space that one token takes may be the next one, which is found all the same, as in the reference.
            var within = token.RightStrip && end < spaces;
            while (token.RightStrip && !within && end < sentence.Length && char.IsWhiteSpace(sentence[end]))
            {
                end++;
            }

            if (end <= start)
            {
                continue;
            }

            if (start > done)
            {
                output.Add(new TextRange(range.Start + done, start - done));
            }

            output.Add(new TextRange(range.Start + start, end - start, token.Id));
            done = within ? spaces : end;
            spaces = token.RightStrip ? done : spaces;
        }

        if (done < sentence.Length)
        {
            output.Add(new TextRange(range.Start + done, sentence.Length - done));
        }
    }

    // The longest token that begins there and may be read there.
    private (int Length, AddedToken? Token) Longest(ReadOnlySpan<char> sentence, int at, int first, Func<int, int, (int Start, int End)> place, TrustedText trusted)
    {
        var (node, longest) = (UnitTrie.Root, (Length: 0, Token: (AddedToken?)null));
        for (var end = at; end < sentence.Length && (node = _trie.Child(node, sentence[end])) != UnitTrie.Root; end++)
        {
            if (_trie.Value(node) is >= 0 and var value && (trusted.Everywhere || _tokens[value].IsPlain || Covered(end + 1)))
            {
                longest = (end + 1 - at, _tokens[value]);
            }
        }

        return longest;

        bool Covered(int end)
        {
            var (start, stop) = place(first + at, first + end);
            return trusted.Covers(start, stop);
        }
    }
}
