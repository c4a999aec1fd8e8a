using GenAiLab.Constraints.Automata;

namespace GenAiLab.Constraints.Grammars;

/// <summary>A grammar with what generation by a vocabulary needs to know of each state. Immutable.</summary>
internal sealed class CompiledGrammar
{
    private readonly int[] _lengths;
    private readonly int[] _nesting;
    private readonly int[] _tokens;

    private CompiledGrammar(Grammar grammar, int nestingLimit, int[] lengths, int[] nesting, int[] tokens)
    {
        (Grammar, NestingLimit) = (grammar, nestingLimit);
        (_lengths, _nesting, _tokens) = (lengths, nesting, tokens);
    }

    public Grammar Grammar { get; }

    /// <summary>The most calls that nest; a text nests one deeper.</summary>
    public int NestingLimit { get; }

    /// <exception cref="ConstraintException">No text satisfies it, or none that is short and flat enough, or the vocabulary spells none.</exception>
    public static CompiledGrammar Of(Grammar grammar, ConstraintVocabulary vocabulary, CompilationBudget budget, Func<string> whyNone)
    {
        var any = ShortestCompletions.Of(grammar, static _ => true);
        budget.Step();
        if (any.Length[grammar.Start] == ShortestCompletions.None)
        {
            throw new ConstraintException(whyNone());
        }

        if (any.Length[grammar.Start] > budget.Limits.ShortestTextBytes)
        {
            throw new ConstraintException($"the shortest text that satisfies the constraint is longer than {budget.Limits.ShortestTextBytes:N0} bytes");
        }

        var spelled = vocabulary.IsComplete ? any : ShortestCompletions.Of(grammar, vocabulary.HasByte);
        if (spelled.Length[grammar.Start] == ShortestCompletions.None)
        {
            throw new ConstraintException("the vocabulary lacks bytes without which no text satisfies the constraint");
        }

        var nesting = new int[grammar.Count];
        for (var state = 0; state < nesting.Length; state++)
        {
            nesting[state] = (spelled.Length[state] == ShortestCompletions.None ? any : spelled).Nesting[state];
        }

        var limit = budget.Limits.Nesting - 1;
        if (nesting[grammar.Start] > limit)
        {
            throw new ConstraintException($"each text that satisfies the constraint nests deeper than {budget.Limits.Nesting} levels");
        }

        budget.Step();
        return new CompiledGrammar(grammar, limit, any.Length, nesting, TokenDistances.Of(grammar, spelled, vocabulary));
    }

    /// <summary>Whether bytes lead from here to the end of the rule.</summary>
    public bool IsAlive(int state) => _lengths[state] != ShortestCompletions.None;

    /// <summary>Objects and arrays that the shortest completion opens within each other.</summary>
    public int Nesting(int state) => _nesting[state];

    /// <summary>A bound of the tokens to the end of the rule; see <see cref="TokenDistances"/>.</summary>
    public int Tokens(int state) => _tokens[state];
}
