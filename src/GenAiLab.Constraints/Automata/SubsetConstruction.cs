namespace GenAiLab.Constraints.Automata;

/// <summary>Makes a nondeterministic automaton deterministic (Rabin and Scott 1959), within limits.</summary>
internal static class SubsetConstruction
{
    public static ByteDfa Determinize(ByteNfa nfa)
    {
        var budget = nfa.Budget;
        var (classes, representatives) = Classes(nfa);
        var numbers = new Dictionary<int[], int>(new SetComparer());
        var sets = new List<int[]>();
        var next = new List<int>();
        var accepts = new List<bool>();
        var marks = new int[nfa.Count];
        var stamp = 0;
        var members = new List<int>();

        Number([nfa.Start]);
        for (var state = 0; state < sets.Count; state++)
        {
            foreach (var value in representatives)
            {
                members.Clear();
                foreach (var member in sets[state])
                {
                    budget.Step();
                    foreach (var (first, last, to) in nfa.Moves(member))
                    {
                        if (value >= first && value <= last)
                        {
                            members.Add(to);
                        }
                    }
                }

                next.Add(members.Count == 0 ? -1 : Number(members));
            }
        }

        return new ByteDfa(classes, representatives.Count, next, accepts);

        // The number of a set of states together with what they reach silently.
        int Number(List<int> seeds)
        {
            stamp++;
            var closure = new List<int>();
            foreach (var seed in seeds)
            {
                Visit(seed);
            }

            for (var at = 0; at < closure.Count; at++)
            {
                budget.Step();
                foreach (var to in nfa.SilentMoves(closure[at]))
                {
                    Visit(to);
                }
            }

            var accepting = marks[nfa.End] == stamp;

            // Only states that read something tell two sets apart, and whether the end is among them.
            closure.RemoveAll(member => nfa.Moves(member).IsEmpty);
            closure.Sort();
            if (accepting)
            {
                closure.Add(int.MaxValue);
            }

            var key = closure.ToArray();
            if (numbers.TryGetValue(key, out var number))
            {
                return number;
            }

            budget.States(sets.Count + 1);
            budget.Hold((8L * key.Length) + (4L * representatives.Count) + 64);
            number = sets.Count;
            numbers.Add(key, number);
            sets.Add(accepting ? key[..^1] : key);
            accepts.Add(accepting);
            return number;

            void Visit(int member)
            {
                if (marks[member] != stamp)
                {
                    marks[member] = stamp;
                    closure.Add(member);
                }
            }
        }
    }

    // Bytes that no move tells apart.
    private static (byte[] Classes, List<byte> Representatives) Classes(ByteNfa nfa)
    {
        var borders = new bool[257];
        borders[0] = true;
        for (var state = 0; state < nfa.Count; state++)
        {
            foreach (var (first, last, _) in nfa.Moves(state))
            {
                borders[first] = borders[last + 1] = true;
            }
        }

        var classes = new byte[256];
        var representatives = new List<byte>();
        for (var value = 0; value < 256; value++)
        {
            if (borders[value])
            {
                representatives.Add((byte)value);
            }

            classes[value] = (byte)(representatives.Count - 1);
        }

        return (classes, representatives);
    }

    private sealed class SetComparer : IEqualityComparer<int[]>
    {
        public bool Equals(int[]? x, int[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(int[] obj)
        {
            var hash = default(HashCode);
            hash.AddBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes(obj.AsSpan()));
            return hash.ToHashCode();
        }
    }
}
