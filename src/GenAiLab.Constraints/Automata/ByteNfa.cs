using System.Runtime.InteropServices;

namespace GenAiLab.Constraints.Automata;

/// <summary>A nondeterministic automaton over bytes under construction (Thompson 1968). Not thread-safe.</summary>
internal sealed class ByteNfa(CompilationBudget budget)
{
    private readonly List<List<(byte First, byte Last, int To)>?> _moves = [];
    private readonly List<List<int>?> _silent = [];

    public int Count => _moves.Count;

    public int Start { get; set; }

    public int End { get; set; }

    public CompilationBudget Budget { get; } = budget;

    public int NewState()
    {
        Budget.States(_moves.Count + 1);
        _moves.Add(null);
        _silent.Add(null);
        return _moves.Count - 1;
    }

    public void Move(int from, byte first, byte last, int to) => (_moves[from] ??= []).Add((first, last, to));

    /// <summary>A move that reads nothing.</summary>
    public void Silent(int from, int to) => (_silent[from] ??= []).Add(to);

    /// <summary>Reads bytes one after the other.</summary>
    /// <returns>The state behind the last.</returns>
    public int Read(int from, ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes)
        {
            var next = NewState();
            Move(from, value, value, next);
            from = next;
        }

        return from;
    }

    public ReadOnlySpan<(byte First, byte Last, int To)> Moves(int state) => CollectionsMarshal.AsSpan(_moves[state]);

    public ReadOnlySpan<int> SilentMoves(int state) => CollectionsMarshal.AsSpan(_silent[state]);
}
