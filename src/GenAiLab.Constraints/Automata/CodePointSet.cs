namespace GenAiLab.Constraints.Automata;

/// <summary>Unicode scalar values, as ranges in order, apart from each other; never a surrogate. Immutable.</summary>
internal sealed class CodePointSet
{
    private const int Last = 0x10FFFF;

    private CodePointSet(IReadOnlyList<(int First, int Last)> ranges) => Ranges = ranges;

    public static CodePointSet All { get; } = Of((0, Last));

    public IReadOnlyList<(int First, int Last)> Ranges { get; }

    public static CodePointSet Of(params IEnumerable<(int First, int Last)> ranges)
    {
        var merged = new List<(int First, int Last)>();
        foreach (var (first, last) in ranges.SelectMany(WithoutSurrogates).OrderBy(static range => range.First))
        {
            if (merged.Count > 0 && first <= merged[^1].Last + 1)
            {
                merged[^1] = (merged[^1].First, Math.Max(last, merged[^1].Last));
            }
            else
            {
                merged.Add((first, last));
            }
        }

        return new CodePointSet(merged);
    }

    public static CodePointSet Of(int codePoint) => Of((codePoint, codePoint));

    public CodePointSet Or(CodePointSet other) => Of(Ranges.Concat(other.Ranges));

    public CodePointSet Not()
    {
        var ranges = new List<(int, int)>();
        var from = 0;
        foreach (var (first, last) in Ranges)
        {
            if (first > from)
            {
                ranges.Add((from, first - 1));
            }

            from = last + 1;
        }

        if (from <= Last)
        {
            ranges.Add((from, Last));
        }

        return Of(ranges);
    }

    public CodePointSet And(CodePointSet other) => Not().Or(other.Not()).Not();

    private static IEnumerable<(int First, int Last)> WithoutSurrogates((int First, int Last) range)
    {
        if (range.First < 0xD800)
        {
            yield return (range.First, Math.Min(range.Last, 0xD7FF));
        }

        if (range.Last > 0xDFFF)
        {
            yield return (Math.Max(range.First, 0xE000), range.Last);
        }
    }
}
