namespace GenAiLab.Constraints.Automata;

/// <summary>
/// A deterministic automaton over bytes. From each of its states an end can be reached; state 0 is the start
/// unless it <see cref="IsEmpty"/>. Immutable.
/// </summary>
internal sealed class ByteDfa
{
    private readonly byte[] _classes;
    private readonly int _classCount;
    private readonly int[] _next;
    private readonly bool[] _accepts;

    /// <param name="classes">For each byte its class; bytes of a class lead to the same state everywhere.</param>
    /// <param name="classCount">Number of classes.</param>
    /// <param name="next">For state s and class c the next state at s · classCount + c; −1: none.</param>
    /// <param name="accepts">For each state whether a text may end there.</param>
    public ByteDfa(byte[] classes, int classCount, IReadOnlyList<int> next, IReadOnlyList<bool> accepts)
    {
        (_classes, _classCount) = (classes, classCount);
        (_next, _accepts) = Trim(classCount, next, accepts);
    }

    public int Count => _accepts.Length;

    /// <summary>It accepts no text at all.</summary>
    public bool IsEmpty => _accepts.Length == 0;

    public byte[] Classes => _classes;

    public int ClassCount => _classCount;

    public bool Accepts(int state) => _accepts[state];

    public int Next(int state, int symbolClass) => _next[(state * _classCount) + symbolClass];

    public bool Matches(ReadOnlySpan<byte> text)
    {
        if (IsEmpty)
        {
            return false;
        }

        var state = 0;
        foreach (var value in text)
        {
            state = Next(state, _classes[value]);
            if (state < 0)
            {
                return false;
            }
        }

        return _accepts[state];
    }

    /// <summary>The moves of a state, neighbouring bytes with the same target together.</summary>
    public IEnumerable<(byte First, byte Last, int To)> Moves(int state)
    {
        var from = 0;
        var target = Next(state, _classes[0]);
        for (var value = 1; value <= 256; value++)
        {
            var next = value == 256 ? -2 : Next(state, _classes[value]);
            if (next == target)
            {
                continue;
            }

            if (target >= 0)
            {
                yield return ((byte)from, (byte)(value - 1), target);
            }

            (from, target) = (value, next);
        }
    }

    // Keeps the states that an end can be reached from, in their order. Those reachable from the start are given.
    private static (int[] Next, bool[] Accepts) Trim(int classCount, IReadOnlyList<int> next, IReadOnlyList<bool> accepts)
    {
        var count = accepts.Count;
        var heads = new int[count];
        Array.Fill(heads, -1);
        var links = new int[next.Count];
        for (var at = 0; at < next.Count; at++)
        {
            if (next[at] >= 0)
            {
                (links[at], heads[next[at]]) = (heads[next[at]], at);
            }
        }

        var alive = new bool[count];
        var pending = new Stack<int>();
        for (var state = 0; state < count; state++)
        {
            if (accepts[state])
            {
                alive[state] = true;
                pending.Push(state);
            }
        }

        while (pending.TryPop(out var state))
        {
            for (var at = heads[state]; at >= 0; at = links[at])
            {
                var before = at / classCount;
                if (!alive[before])
                {
                    alive[before] = true;
                    pending.Push(before);
                }
            }
        }

        if (count == 0 || !alive[0])
        {
            return ([], []);
        }

        var numbers = new int[count];
        var kept = 0;
        for (var state = 0; state < count; state++)
        {
            numbers[state] = alive[state] ? kept++ : -1;
        }

        var trimmed = new int[kept * classCount];
        var ends = new bool[kept];
        for (var state = 0; state < count; state++)
        {
            if (alive[state])
            {
                ends[numbers[state]] = accepts[state];
                for (var symbol = 0; symbol < classCount; symbol++)
                {
                    trimmed[(numbers[state] * classCount) + symbol] = next[(state * classCount) + symbol] is >= 0 and var to ? numbers[to] : -1;
                }
            }
        }

        return (trimmed, ends);
    }
}
