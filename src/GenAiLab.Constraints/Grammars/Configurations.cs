namespace GenAiLab.Constraints.Grammars;

/// <summary>A place in a grammar and what is open around it.</summary>
internal readonly record struct Configuration(int State, Frame Frame);

/// <summary>
/// Collects all places where a text may be: what is reached silently, by returns and by calls. A scratch pad of
/// an automaton, used under its lock.
/// </summary>
internal sealed class Configurations(Grammar grammar, CompiledGrammar compiled, Func<Caller[], bool, Frame> frameOf)
{
    private readonly HashSet<Configuration> _seen = [];
    private readonly List<Configuration> _found = [];
    private readonly Dictionary<(int Start, bool Nests), List<Caller>> _calls = [];

    /// <summary>Whether the text may end here.</summary>
    public bool IsSatisfied { get; private set; }

    /// <summary>A bound of the tokens to the nearest end.</summary>
    public int Tokens { get; private set; }

    /// <summary>Those that read a byte next, in order.</summary>
    public List<Configuration> Reading { get; } = [];

    public void Clear()
    {
        _seen.Clear();
        _found.Clear();
        _calls.Clear();
        Reading.Clear();
        (IsSatisfied, Tokens) = (false, TokenDistances.None);
    }

    public void Add(int state, Frame frame)
    {
        // Only where there is room to open and to close all that the shortest completion needs.
        var configuration = new Configuration(state, frame);
        if (compiled.IsAlive(state) && frame.Nesting + compiled.Nesting(state) <= compiled.NestingLimit && _seen.Add(configuration))
        {
            _found.Add(configuration);
        }
    }

    /// <summary>Follows everything that reads nothing.</summary>
    public void Close()
    {
        var at = 0;
        Follow(ref at);

        // All callers of a rule are known now, because no rule calls or returns before it has read a byte.
        foreach (var ((start, nests), callers) in _calls)
        {
            callers.Sort(static (left, right) => left.Return != right.Return ? left.Return.CompareTo(right.Return) : left.Parent.Number.CompareTo(right.Parent.Number));
            Add(start, frameOf([.. callers], nests));
        }

        Follow(ref at);
        Reading.Sort(static (left, right) => left.State != right.State ? left.State.CompareTo(right.State) : left.Frame.Number.CompareTo(right.Frame.Number));
    }

    private void Follow(ref int at)
    {
        for (; at < _found.Count; at++)
        {
            var (state, frame) = _found[at];
            Tokens = Math.Min(Tokens, TokenDistances.Sum(compiled.Tokens(state), frame.Tokens));
            if (!grammar.Moves(state).IsEmpty)
            {
                Reading.Add(_found[at]);
            }

            foreach (var next in grammar.SilentMoves(state))
            {
                Add(next, frame);
            }

            if (grammar.IsEnd(state))
            {
                Return(frame);
            }

            foreach (var call in grammar.Calls(state))
            {
                Call(call, frame);
            }
        }
    }

    private void Return(Frame frame)
    {
        if (frame.Callers.Length == 0)
        {
            IsSatisfied = true;
        }

        foreach (var caller in frame.Callers)
        {
            Add(caller.Return, caller.Parent);
        }
    }

    private void Call(RuleCall call, Frame frame)
    {
        var nesting = frame.Nesting + (call.Nests ? 1 : 0);
        if (!compiled.IsAlive(call.Start) || !compiled.IsAlive(call.Return)
            || nesting + compiled.Nesting(call.Start) > compiled.NestingLimit || frame.Nesting + compiled.Nesting(call.Return) > compiled.NestingLimit)
        {
            return;
        }

        if (!_calls.TryGetValue((call.Start, call.Nests), out var callers))
        {
            _calls.Add((call.Start, call.Nests), callers = []);
        }

        callers.Add(new Caller(call.Return, frame));
    }
}
