namespace GenAiLab.Constraints.Grammars;

/// <summary>Reads a byte of a range.</summary>
internal readonly record struct ByteMove(byte First, byte Last, int To);

/// <summary>Reads what a rule reads, from its start to its end, and goes on at <paramref name="Return"/>.</summary>
internal readonly record struct RuleCall(int Start, int Return, bool Nests);

/// <summary>A finished recursive transition network, its moves in rows by state. Immutable.</summary>
internal sealed class Grammar(
    int start, bool[] ends, int[] moveStarts, ByteMove[] moves, int[] silentStarts, int[] silent, int[] callStarts, RuleCall[] calls)
{
    public int Start { get; } = start;

    public int Count => ends.Length;

    /// <summary>Roughly what it holds in memory.</summary>
    public long Bytes => (16L * ends.Length) + (8L * moves.Length) + (4L * silent.Length) + (12L * calls.Length);

    /// <summary>Whether a rule returns here.</summary>
    public bool IsEnd(int state) => ends[state];

    public ReadOnlySpan<ByteMove> Moves(int state) => moves.AsSpan(moveStarts[state]..moveStarts[state + 1]);

    public ReadOnlySpan<int> SilentMoves(int state) => silent.AsSpan(silentStarts[state]..silentStarts[state + 1]);

    public ReadOnlySpan<RuleCall> Calls(int state) => calls.AsSpan(callStarts[state]..callStarts[state + 1]);
}
