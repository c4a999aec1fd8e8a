namespace GenAiLab.Constraints.Automata;

/// <summary>Texts that two automata accept, or the first and not the second.</summary>
internal static class DfaProduct
{
    public static ByteDfa And(ByteDfa left, ByteDfa right, CompilationBudget budget) => Build(left, right, except: false, budget);

    public static ByteDfa Except(ByteDfa left, ByteDfa right, CompilationBudget budget) => Build(left, right, except: true, budget);

    private static ByteDfa Build(ByteDfa left, ByteDfa right, bool except, CompilationBudget budget)
    {
        if (left.IsEmpty || (right.IsEmpty && !except))
        {
            return new ByteDfa(new byte[256], 1, [], []);
        }

        var (classes, pairs) = Classes(left, right);
        var numbers = new Dictionary<(int, int), int>();
        var states = new List<(int Left, int Right)>();
        var next = new List<int>();
        var accepts = new List<bool>();
        Number(0, right.IsEmpty ? -1 : 0);
        for (var at = 0; at < states.Count; at++)
        {
            foreach (var (leftClass, rightClass) in pairs)
            {
                var l = left.Next(states[at].Left, leftClass);
                var r = states[at].Right < 0 ? -1 : right.Next(states[at].Right, rightClass);
                next.Add(l < 0 || (r < 0 && !except) ? -1 : Number(l, r));
            }
        }

        return new ByteDfa(classes, pairs.Count, next, accepts);

        int Number(int l, int r)
        {
            if (!numbers.TryGetValue((l, r), out var number))
            {
                budget.States(states.Count + 1);
                budget.Hold((4L * pairs.Count) + 64);
                number = states.Count;
                numbers.Add((l, r), number);
                states.Add((l, r));
                accepts.Add(left.Accepts(l) && (r >= 0 && right.Accepts(r)) != except);
            }

            return number;
        }
    }

    private static (byte[] Classes, List<(int Left, int Right)> Pairs) Classes(ByteDfa left, ByteDfa right)
    {
        var classes = new byte[256];
        var pairs = new List<(int, int)>();
        for (var value = 0; value < 256; value++)
        {
            var pair = ((int)left.Classes[value], (int)right.Classes[value]);
            var known = pairs.IndexOf(pair);
            if (known < 0)
            {
                known = pairs.Count;
                pairs.Add(pair);
            }

            classes[value] = (byte)known;
        }

        return (classes, pairs);
    }
}
