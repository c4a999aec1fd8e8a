using GenAiLab.Constraints.Automata;

namespace GenAiLab.Constraints.Expressions;

/// <summary>A part of a regular expression.</summary>
internal abstract record RegexNode
{
    /// <summary>One code point of a set.</summary>
    public sealed record Character(CodePointSet Set) : RegexNode;

    /// <summary>One after the other; none: the empty text.</summary>
    public sealed record Sequence(IReadOnlyList<RegexNode> Parts) : RegexNode;

    /// <summary>One of them.</summary>
    public sealed record Choice(IReadOnlyList<RegexNode> Options) : RegexNode;

    /// <summary>Several times; without an upper bound for null.</summary>
    public sealed record Repetition(RegexNode Part, int Minimum, int? Maximum) : RegexNode;

    /// <summary>The start or the end of the text.</summary>
    /// <param name="AtStart">Which.</param>
    /// <param name="Position">Where in the expression.</param>
    public sealed record Anchor(bool AtStart, int Position) : RegexNode;

    public static Sequence Empty { get; } = new([]);
}
