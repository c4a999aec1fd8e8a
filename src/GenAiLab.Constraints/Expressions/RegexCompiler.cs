using GenAiLab.Constraints.Automata;

namespace GenAiLab.Constraints.Expressions;

/// <summary>Compiles an expression to a deterministic automaton over the bytes of its spelling.</summary>
internal static class RegexCompiler
{
    /// <param name="node">An expression without anchors.</param>
    /// <param name="encoding">How characters are spelled.</param>
    /// <param name="budget">Limits.</param>
    public static ByteDfa Compile(RegexNode node, TextEncoding encoding, CompilationBudget budget)
    {
        var nfa = new ByteNfa(budget);
        nfa.Start = nfa.NewState();
        nfa.End = Emit(nfa, node, nfa.Start, encoding);
        return SubsetConstruction.Determinize(nfa);
    }

    /// <summary>Of an expression that says all of a text, such as a format's.</summary>
    public static ByteDfa Compile(string pattern, TextEncoding encoding, CompilationBudget budget) =>
        Compile(RegexAnchors.Whole(RegexParser.Parse(pattern)), encoding, budget);

    // Returns the state behind the node.
    private static int Emit(ByteNfa nfa, RegexNode node, int from, TextEncoding encoding)
    {
        nfa.Budget.Step();
        switch (node)
        {
            case RegexNode.Character character:
                var to = nfa.NewState();
                nfa.Read(from, character.Set, to, encoding);
                return to;
            case RegexNode.Sequence sequence:
                foreach (var part in sequence.Parts)
                {
                    from = Emit(nfa, part, from, encoding);
                }

                return from;
            case RegexNode.Choice choice:
                var end = nfa.NewState();
                foreach (var option in choice.Options)
                {
                    var start = nfa.NewState();
                    nfa.Silent(from, start);
                    nfa.Silent(Emit(nfa, option, start, encoding), end);
                }

                return end;
            case RegexNode.Repetition repetition:
                return Repeat(nfa, repetition, from, encoding);
            default:
                throw new InvalidOperationException($"{node.GetType().Name} is no part of a whole expression");
        }
    }

    private static int Repeat(ByteNfa nfa, RegexNode.Repetition repetition, int from, TextEncoding encoding)
    {
        for (var count = 0; count < repetition.Minimum; count++)
        {
            from = Emit(nfa, repetition.Part, from, encoding);
        }

        var end = nfa.NewState();
        if (repetition.Maximum is not { } maximum)
        {
            nfa.Silent(from, end);
            nfa.Silent(Emit(nfa, repetition.Part, end, encoding), end);
            return end;
        }

        for (var count = repetition.Minimum; count < maximum; count++)
        {
            nfa.Silent(from, end);
            var start = nfa.NewState();
            nfa.Silent(from, start);
            from = Emit(nfa, repetition.Part, start, encoding);
        }

        nfa.Silent(from, end);
        return end;
    }
}
