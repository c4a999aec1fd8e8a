namespace GenAiLab.Constraints.Grammars;

/// <summary>
/// For each state of a grammar the shortest way to the end of its rule, in bytes (Knuth 1977, "A generalization
/// of Dijkstra's algorithm"), by bytes that some vocabulary has.
/// </summary>
internal sealed class ShortestCompletions
{
    /// <summary>The length where there is no way.</summary>
    public const int None = int.MaxValue;

    private readonly Grammar _grammar;
    private readonly Func<byte, bool> _hasByte;
    private readonly (int[] Starts, (int From, int Index)[] Items) _movesTo;
    private readonly (int[] Starts, (int From, int Index)[] Items) _callsTo;

    private ShortestCompletions(Grammar grammar, Func<byte, bool> hasByte)
    {
        (_grammar, _hasByte) = (grammar, hasByte);
        Length = new int[grammar.Count];
        Nesting = new int[grammar.Count];
        Choice = new int[grammar.Count];
        Array.Fill(Length, None);
        Array.Fill(Choice, -1);
        _movesTo = Reverse(calls: false);
        _callsTo = Reverse(calls: true);
    }

    /// <summary>Bytes to the end of the rule.</summary>
    public int[] Length { get; }

    /// <summary>Objects and arrays that this way opens within each other.</summary>
    public int[] Nesting { get; }

    /// <summary>Which of its silent moves, then byte moves, then calls a state takes; −1: it is an end, or there is no way.</summary>
    public int[] Choice { get; }

    /// <summary>States in order of their length, those without a way left out.</summary>
    public List<int> Order { get; } = [];

    public static ShortestCompletions Of(Grammar grammar, Func<byte, bool> hasByte)
    {
        var ways = new ShortestCompletions(grammar, hasByte);
        ways.Search();
        return ways;
    }

    /// <summary>The first byte of a range that the vocabulary has; −1: none.</summary>
    public int FirstByte(ByteMove move)
    {
        for (int value = move.First; value <= move.Last; value++)
        {
            if (_hasByte((byte)value))
            {
                return value;
            }
        }

        return -1;
    }

    private void Search()
    {
        var queue = new PriorityQueue<(int State, int Choice, int Nesting), int>();
        var done = new bool[_grammar.Count];
        for (var state = 0; state < _grammar.Count; state++)
        {
            if (_grammar.IsEnd(state))
            {
                queue.Enqueue((state, -1, 0), 0);
            }
        }

        while (queue.TryDequeue(out var way, out var length))
        {
            var state = way.State;
            if (done[state])
            {
                continue;
            }

            done[state] = true;
            (Length[state], Choice[state], Nesting[state]) = (length, way.Choice, way.Nesting);
            Order.Add(state);
            for (var at = _movesTo.Starts[state]; at < _movesTo.Starts[state + 1]; at++)
            {
                var (from, index) = _movesTo.Items[at];
                var silent = index < _grammar.SilentMoves(from).Length;
                if (!done[from])
                {
                    queue.Enqueue((from, index, way.Nesting), silent ? length : Sum(length, 1));
                }
            }

            for (var at = _callsTo.Starts[state]; at < _callsTo.Starts[state + 1]; at++)
            {
                var (from, index) = _callsTo.Items[at];
                var call = _grammar.Calls(from)[index - _grammar.SilentMoves(from).Length - _grammar.Moves(from).Length];
                if (!done[from] && done[call.Start] && done[call.Return])
                {
                    var nesting = Math.Max(Nesting[call.Start] + (call.Nests ? 1 : 0), Nesting[call.Return]);
                    queue.Enqueue((from, index, nesting), Sum(Length[call.Start], Length[call.Return]));
                }
            }
        }
    }

    // None stays larger than any sum.
    private static int Sum(int left, int right) => (int)Math.Min(None - 1L, (long)left + right);

    private (int[] Starts, (int From, int Index)[] Items) Reverse(bool calls)
    {
        var starts = new int[_grammar.Count + 1];
        Visit((_, _, to) => starts[to + 1]++);
        for (var state = 0; state < _grammar.Count; state++)
        {
            starts[state + 1] += starts[state];
        }

        var places = starts.AsSpan(0, _grammar.Count).ToArray();
        var items = new (int, int)[starts[^1]];
        Visit((from, index, to) => items[places[to]++] = (from, index));
        return (starts, items);

        void Visit(Action<int, int, int> visit)
        {
            for (var state = 0; state < _grammar.Count; state++)
            {
                var index = 0;
                foreach (var to in _grammar.SilentMoves(state))
                {
                    if (!calls)
                    {
                        visit(state, index, to);
                    }

                    index++;
                }

                foreach (var move in _grammar.Moves(state))
                {
                    if (!calls && FirstByte(move) >= 0)
                    {
                        visit(state, index, move.To);
                    }

                    index++;
                }

                foreach (var call in _grammar.Calls(state))
                {
                    if (calls)
                    {
                        visit(state, index, call.Start);
                        visit(state, index, call.Return);
                    }

                    index++;
                }
            }
        }
    }
}
