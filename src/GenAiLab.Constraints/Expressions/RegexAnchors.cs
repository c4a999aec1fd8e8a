using GenAiLab.Constraints.Automata;

namespace GenAiLab.Constraints.Expressions;

/// <summary>Turns an expression with anchors at its ends into one without, for the whole of a text.</summary>
internal static class RegexAnchors
{
    private static readonly RegexNode Anything = new RegexNode.Repetition(new RegexNode.Character(CodePointSet.All), 0, null);

    /// <summary>The texts that it matches from their first to their last character: anchors at the ends say nothing new.</summary>
    public static RegexNode Whole(RegexNode node) => Check(Side(Side(node, atStart: true, RegexNode.Empty), atStart: false, RegexNode.Empty));

    /// <summary>The texts that have a match somewhere: where no anchor stands, anything may.</summary>
    public static RegexNode Somewhere(RegexNode node) => Check(Side(Side(node, atStart: true, Anything), atStart: false, Anything));

    // Takes the anchors off one end and puts something there where none was.
    private static RegexNode Side(RegexNode node, bool atStart, RegexNode otherwise)
    {
        switch (node)
        {
            case RegexNode.Anchor anchor when anchor.AtStart == atStart:
                return RegexNode.Empty;
            case RegexNode.Choice choice:
                return new RegexNode.Choice([.. choice.Options.Select(option => Side(option, atStart, otherwise))]);
            case RegexNode.Sequence { Parts.Count: > 0 } sequence when HasAnchor(sequence.Parts[atStart ? 0 : ^1], atStart):
                RegexNode[] parts = [.. sequence.Parts];
                parts[atStart ? 0 : ^1] = Side(parts[atStart ? 0 : ^1], atStart, otherwise);
                return new RegexNode.Sequence(parts);
            default:
                return new RegexNode.Sequence(atStart ? [otherwise, node] : [node, otherwise]);
        }
    }

    private static bool HasAnchor(RegexNode node, bool atStart) => node switch
    {
        RegexNode.Anchor anchor => anchor.AtStart == atStart,
        RegexNode.Choice choice => choice.Options.Any(option => HasAnchor(option, atStart)),
        RegexNode.Sequence { Parts.Count: > 0 } sequence => HasAnchor(sequence.Parts[atStart ? 0 : ^1], atStart),
        _ => false,
    };

    private static RegexNode Check(RegexNode node)
    {
        switch (node)
        {
            case RegexNode.Anchor anchor:
                throw new ConstraintException($"the expression at position {anchor.Position}: anchors are supported only at the ends");
            case RegexNode.Choice choice:
                foreach (var option in choice.Options)
                {
                    Check(option);
                }

                break;
            case RegexNode.Sequence sequence:
                foreach (var part in sequence.Parts)
                {
                    Check(part);
                }

                break;
            case RegexNode.Repetition repetition:
                Check(repetition.Part);
                break;
        }

        return node;
    }
}
