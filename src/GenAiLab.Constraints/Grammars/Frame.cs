using System.Runtime.CompilerServices;

namespace GenAiLab.Constraints.Grammars;

/// <summary>Where a rule may return to: a state and the frame that it goes on in.</summary>
internal readonly record struct Caller(int Return, Frame Parent);

/// <summary>
/// What is still open around a rule: a node of a graph-structured stack (Tomita 1985). Whoever called the same
/// rule at the same place of the text shares one, so ambiguity costs no more frames than there are rules. Immutable.
/// </summary>
/// <param name="callers">In order; empty: the outermost frame.</param>
/// <param name="nesting">Objects and arrays around it.</param>
/// <param name="tokens">A bound of the tokens from its return to the end of the text.</param>
/// <param name="number">Tells frames apart and puts them in an order.</param>
internal sealed class Frame(Caller[] callers, int nesting, int tokens, long number)
{
    public Caller[] Callers { get; } = callers;

    public int Nesting { get; } = nesting;

    public int Tokens { get; } = tokens;

    public long Number { get; } = number;
}

/// <summary>Frames by their callers.</summary>
internal sealed class CallerComparer : IEqualityComparer<Caller[]>
{
    public bool Equals(Caller[]? x, Caller[]? y) => x.AsSpan().SequenceEqual(y);

    public int GetHashCode(Caller[] obj)
    {
        var hash = default(HashCode);
        foreach (var caller in obj)
        {
            hash.Add(caller.Return);
            hash.Add(RuntimeHelpers.GetHashCode(caller.Parent));
        }

        return hash.ToHashCode();
    }
}
