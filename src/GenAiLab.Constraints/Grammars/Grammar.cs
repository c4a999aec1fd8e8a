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

    /// <summary>Makes sure that every rule that is called reads a byte before it calls or returns.</summary>
    /// <exception cref="InvalidOperationException">One does not.</exception>
    public void CheckRules()
    {
        var seen = new int[Count];
        var stamp = 0;
        var pending = new Stack<int>();
        foreach (var rule in calls.Select(static call => call.Start).Distinct())
        {
            stamp++;
            for (pending.Push(rule); pending.TryPop(out var state);)
            {
                if (seen[state] == stamp)
                {
                    continue;
                }

                seen[state] = stamp;
                if (IsEnd(state) || !Calls(state).IsEmpty)
                {
                    throw new InvalidOperationException("a rule calls or returns before it has read a byte");
                }

                foreach (var next in SilentMoves(state))
                {
                    pending.Push(next);
                }
            }
        }
    }
}
