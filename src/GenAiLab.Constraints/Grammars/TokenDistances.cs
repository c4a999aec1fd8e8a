namespace GenAiLab.Constraints.Grammars;

/// <summary>
/// For each state of a grammar an upper bound of the tokens to the end of its rule: the fewest tokens that spell
/// the shortest completion, where no token reaches across the border of a call. A token of that spelling lowers
/// the bound by one, so whoever has as many tokens left as the bound says ends in time.
/// </summary>
internal static class TokenDistances
{
    /// <summary>The bound where the vocabulary cannot spell an end.</summary>
    public const int None = int.MaxValue;

    private const int LongestPiece = 32;

    public static int[] Of(Grammar grammar, ShortestCompletions completions, ConstraintVocabulary vocabulary)
    {
        var tokens = new int[grammar.Count];
        var targets = new int[grammar.Count];
        var nextOf = new int[grammar.Count];
        var bytes = new int[grammar.Count];
        Array.Fill(tokens, None);
        Array.Fill(bytes, -1);

        // In this order a state comes after those that its way leads to.
        foreach (var state in completions.Order)
        {
            targets[state] = state;
            var choice = completions.Choice[state];
            var silent = grammar.SilentMoves(state);
            var moves = grammar.Moves(state);
            if (choice < 0)
            {
                tokens[state] = 0;
            }
            else if (choice < silent.Length)
            {
                // The same as the first state behind silent moves.
                targets[state] = targets[silent[choice]];
                tokens[state] = tokens[targets[state]];
            }
            else if (choice < silent.Length + moves.Length)
            {
                var move = moves[choice - silent.Length];
                bytes[state] = completions.FirstByte(move);
                nextOf[state] = move.To;
                tokens[state] = Spell(state);
            }
            else
            {
                var call = grammar.Calls(state)[choice - silent.Length - moves.Length];
                tokens[state] = Sum(tokens[call.Start], tokens[call.Return]);
            }
        }

        return tokens;

        int Spell(int state)
        {
            var (best, node, at) = (None, -1, state);
            for (var length = 0; length < LongestPiece && bytes[at] >= 0; length++)
            {
                node = vocabulary.Child(node, (byte)bytes[at]);
                if (node < 0)
                {
                    break;
                }

                at = targets[nextOf[at]];
                if (vocabulary.Tokens[node] >= 0)
                {
                    best = Math.Min(best, Sum(1, tokens[at]));
                }
            }

            return best;
        }
    }

    /// <summary>Adds two bounds; none stays none.</summary>
    public static int Sum(int left, int right) =>
        left == None || right == None ? None : (int)Math.Min(None - 1L, (long)left + right);
}
