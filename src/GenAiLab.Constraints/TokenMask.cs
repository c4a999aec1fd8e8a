using GenAiLab.Constraints.Grammars;

namespace GenAiLab.Constraints;

/// <summary>The tokens that may follow a text. Immutable.</summary>
/// <param name="Bits">A bit for each token.</param>
/// <param name="AllowsText">Whether a token that stands for text is among them.</param>
/// <param name="TokensToEndAfter">The largest <see cref="ConstraintState.TokensToEnd"/> behind one of them.</param>
internal sealed record TokenMask(byte[] Bits, bool AllowsText, int TokensToEndAfter)
{
    /// <summary>Walks the vocabulary's trie and the constraint together; a byte that leaves the constraint prunes a subtree.</summary>
    /// <param name="state">Where the text stands.</param>
    /// <param name="vocabulary">Tokens.</param>
    /// <param name="tokensToEnd">Only tokens after which so many suffice to end.</param>
    public static TokenMask Of(ConstraintState state, ConstraintVocabulary vocabulary, int tokensToEnd)
    {
        var bits = new byte[vocabulary.MaskBytes];
        var farthest = 0;
        var plain = PlainBytes(state, vocabulary, tokensToEnd, ref farthest);
        if (plain > 0)
        {
            vocabulary.PlainTokens.UpTo(plain).CopyTo(bits, 0);
        }

        var any = plain > 0;
        var (labels, depths, ends, tokens, same) = (vocabulary.Labels, vocabulary.Depths, vocabulary.SubtreeEnds, vocabulary.Tokens, vocabulary.SameBytes);
        var reaches = vocabulary.PlainTokens.Reaches;
        var path = new ConstraintState[ConstraintVocabulary.LongestToken + 1];
        path[0] = state;
        for (var node = 0; node < labels.Length;)
        {
            if (reaches[node] > 0 && reaches[node] <= plain)
            {
                node = ends[node];
                continue;
            }

            var depth = depths[node];
            var next = path[depth].Next(labels[node]);
            if (next is null)
            {
                node = ends[node];
                continue;
            }

            path[depth + 1] = next;
            if (tokens[node] >= 0 && next.TokensToEnd <= tokensToEnd && next.TokensToEnd != TokenDistances.None)
            {
                (any, farthest) = (true, Math.Max(farthest, next.TokensToEnd));
                for (var token = tokens[node]; token >= 0; token = same[token])
                {
                    bits[token >> 3] |= (byte)(1 << (token & 7));
                }
            }

            node++;
        }

        if (state.IsSatisfied)
        {
            foreach (var token in vocabulary.EndOfSequenceIds)
            {
                bits[token >> 3] |= (byte)(1 << (token & 7));
            }
        }

        return new TokenMask(bits, any, farthest);
    }

    // How many plain bytes, whatever they are, may follow, as far as that is more than none: within a string it makes
    // no difference which they are. Spares the walk most of a vocabulary.
    private static int PlainBytes(ConstraintState state, ConstraintVocabulary vocabulary, int tokensToEnd, ref int farthest)
    {
        for (var length = 0; length < vocabulary.PlainTokens.Longest; length++)
        {
            if (state.NextPlain() is not { } next || next.TokensToEnd > tokensToEnd || next.TokensToEnd == TokenDistances.None)
            {
                return length;
            }

            farthest = Math.Max(farthest, next.TokensToEnd);
            if (next == state)
            {
                break;
            }

            state = next;
        }

        return vocabulary.PlainTokens.Longest;
    }
}
