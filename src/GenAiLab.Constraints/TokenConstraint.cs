namespace GenAiLab.Constraints;

/// <summary>A compiled constraint: an automaton over the tokens of a vocabulary. Safe for use by several threads.</summary>
public sealed class TokenConstraint
{
    internal TokenConstraint(TokenAutomaton automaton, long bytes)
    {
        (Automaton, Bytes) = (automaton, bytes);
        Vocabulary = automaton.Vocabulary;
        Start = automaton.Start;
    }

    /// <summary>The vocabulary that it was compiled for.</summary>
    public ConstraintVocabulary Vocabulary { get; }

    /// <summary>Before the first token.</summary>
    public ConstraintState Start { get; }

    /// <summary>What it may hold in memory, roughly, with all that it remembers.</summary>
    public long Bytes { get; }

    internal TokenAutomaton Automaton { get; }
}
