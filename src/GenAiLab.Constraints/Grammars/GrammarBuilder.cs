using GenAiLab.Constraints.Automata;

namespace GenAiLab.Constraints.Grammars;

/// <summary>A part of a grammar that is called like a function: from its start to its end.</summary>
/// <param name="Start">Where it begins.</param>
/// <param name="End">Where it returns to its caller.</param>
internal readonly record struct Rule(int Start, int End);

/// <summary>
/// A recursive transition network under construction: states, moves that read a byte, silent moves, and calls
/// of rules. Every rule reads a byte before it calls or returns, so that closures are finite.
/// </summary>
internal sealed class GrammarBuilder(CompilationBudget budget)
{
    private readonly List<(int From, byte First, byte Last, int To)> _moves = [];
    private readonly List<(int From, int To)> _silent = [];
    private readonly List<(int From, Rule Rule, int Return, bool Nests)> _calls = [];
    private readonly List<bool> _ends = [];

    public CompilationBudget Budget { get; } = budget;

    public int NewState()
    {
        Budget.States(_ends.Count + 1);
        _ends.Add(false);
        return _ends.Count - 1;
    }

    public Rule NewRule()
    {
        var rule = new Rule(NewState(), NewState());
        _ends[rule.End] = true;
        return rule;
    }

    public void Move(int from, byte first, byte last, int to)
    {
        Budget.Hold(48);
        Budget.Step();
        _moves.Add((from, first, last, to));
    }

    public void Silent(int from, int to)
    {
        Budget.Hold(32);
        Budget.Step();
        _silent.Add((from, to));
    }

    /// <summary>Reads what a rule reads and goes on at a state.</summary>
    /// <param name="from">Where.</param>
    /// <param name="rule">What is called.</param>
    /// <param name="next">Where it goes on after that.</param>
    /// <param name="nests">Whether what is called lies one object or array deeper.</param>
    public void Call(int from, Rule rule, int next, bool nests = false)
    {
        Budget.Hold(64);
        Budget.Step();
        _calls.Add((from, rule, next, nests));
    }

    /// <summary>Goes on in a rule and returns where the calling rule would return: no frame is kept.</summary>
    public void TailCall(int from, Rule rule) => Silent(from, rule.Start);

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

    /// <summary>Reads a text that an automaton accepts.</summary>
    public void Read(int from, ByteDfa automaton, int to)
    {
        if (automaton.IsEmpty)
        {
            return;
        }

        var states = new int[automaton.Count];
        for (var state = 0; state < states.Length; state++)
        {
            states[state] = NewState();
        }

        Silent(from, states[0]);
        for (var state = 0; state < states.Length; state++)
        {
            foreach (var (first, last, target) in automaton.Moves(state))
            {
                Move(states[state], first, last, states[target]);
            }

            if (automaton.Accepts(state))
            {
                Silent(states[state], to);
            }
        }
    }

    /// <summary>Reads one of several texts, by a trie, so that common beginnings are one way.</summary>
    public void ReadAny(int from, IEnumerable<byte[]> texts, int to)
    {
        var children = new Dictionary<(int, byte), int>();
        foreach (var text in texts)
        {
            var state = from;
            foreach (var value in text)
            {
                if (!children.TryGetValue((state, value), out var next))
                {
                    next = NewState();
                    Budget.Hold(64);
                    children.Add((state, value), next);
                    Move(state, value, value, next);
                }

                state = next;
            }

            Silent(state, to);
        }
    }

    public Grammar Build(Rule root)
    {
        var count = _ends.Count;
        var (moveStarts, moves) = Rows(count, _moves, static move => move.From);
        var (silentStarts, silent) = Rows(count, _silent, static move => move.From);
        var (callStarts, calls) = Rows(count, _calls, static call => call.From);
        var grammar = new Grammar(
            root.Start, [.. _ends],
            moveStarts, [.. moves.Select(static move => new ByteMove(move.First, move.Last, move.To))],
            silentStarts, [.. silent.Select(static move => move.To)],
            callStarts, [.. calls.Select(static call => new RuleCall(call.Rule.Start, call.Return, call.Nests))]);
        grammar.CheckRules();
        return grammar;
    }

    // Sorts by state, stably; row s is [starts[s], starts[s + 1]).
    private static (int[] Starts, T[] Items) Rows<T>(int count, List<T> items, Func<T, int> stateOf)
    {
        var starts = new int[count + 1];
        foreach (var item in items)
        {
            starts[stateOf(item) + 1]++;
        }

        for (var state = 0; state < count; state++)
        {
            starts[state + 1] += starts[state];
        }

        var places = starts.AsSpan(0, count).ToArray();
        var sorted = new T[items.Count];
        foreach (var item in items)
        {
            sorted[places[stateOf(item)]++] = item;
        }

        return (starts, sorted);
    }
}
