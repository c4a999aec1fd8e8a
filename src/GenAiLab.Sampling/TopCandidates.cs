using System.Numerics;

namespace GenAiLab.Sampling;

/// <summary>
/// Selects the highest logits by a threshold scan: the k best so far stand in a heap, and a vector of
/// logits none of which beats the worst of them costs one comparison. Many are ranked by <see cref="RadixRanking"/>.
/// </summary>
public static class TopCandidates
{
    // Beyond it, keeping a heap costs more than sorting what can be among the highest.
    private const int MostByHeap = 768;

    /// <summary>The k highest logits, highest first, ties to the lower id; all of them when there are fewer.</summary>
    /// <param name="logits">One per vocabulary entry, none NaN.</param>
    /// <param name="k">At least 0.</param>
    public static (int[] TokenIds, float[] Logits) Select(ReadOnlySpan<float> logits, int k)
    {
        var count = Math.Min(k, logits.Length);
        if (count == 0)
            return ([], []);
        var ids = new int[count];
        var values = new float[count];
        Select(logits, ids, values);
        return (ids, values);
    }

    /// <summary>As above, into the caller's buffers; k is their length.</summary>
    /// <param name="logits">One per vocabulary entry, none NaN.</param>
    /// <param name="ids">Receives the ids; as long as <paramref name="values"/>.</param>
    /// <param name="values">Receives the logits.</param>
    /// <returns>How many were written: the smaller of k and the number of logits.</returns>
    public static int Select(ReadOnlySpan<float> logits, Span<int> ids, Span<float> values)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(ids.Length, values.Length);
        var count = Math.Min(ids.Length, logits.Length);
        if (count == 0)
            return 0;
        ids = ids[..count];
        values = values[..count];
        if (count > MostByHeap)
        {
            RadixRanking.Select(logits, ids, values);
            return count;
        }

        for (var i = 0; i < count; i++)
            (ids[i], values[i]) = (i, logits[i]);
        for (var root = (count / 2) - 1; root >= 0; root--)
            SiftDown(ids, values, root, count);
        Scan(logits, ids, values, count);
        for (var end = count - 1; end > 0; end--)
        {
            (ids[0], ids[end]) = (ids[end], ids[0]);
            (values[0], values[end]) = (values[end], values[0]);
            SiftDown(ids, values, 0, end);
        }

        return count;
    }

    private static void Scan(ReadOnlySpan<float> logits, Span<int> ids, Span<float> values, int start)
    {
        var i = start;
        if (Vector.IsHardwareAccelerated)
        {
            for (; i <= logits.Length - Vector<float>.Count; i += Vector<float>.Count)
            {
                if (!Vector.GreaterThanAny(new Vector<float>(logits[i..]), new Vector<float>(values[0])))
                    continue;
                for (var j = i; j < i + Vector<float>.Count; j++)
                    Offer(j, logits[j], ids, values);
            }
        }

        for (; i < logits.Length; i++)
            Offer(i, logits[i], ids, values);
    }

    // Ids come in ascending order, so one that only equals the worst loses the tie.
    private static void Offer(int id, float value, Span<int> ids, Span<float> values)
    {
        if (!(value > values[0]))
            return;
        (ids[0], values[0]) = (id, value);
        SiftDown(ids, values, 0, ids.Length);
    }

    // The root is the worst: lowest logit, among equals the highest id.
    private static void SiftDown(Span<int> ids, Span<float> values, int root, int count)
    {
        while (true)
        {
            var child = (2 * root) + 1;
            if (child >= count)
                return;
            if (child + 1 < count && IsWorse(ids, values, child + 1, child))
                child++;
            if (!IsWorse(ids, values, child, root))
                return;
            (ids[root], ids[child]) = (ids[child], ids[root]);
            (values[root], values[child]) = (values[child], values[root]);
            root = child;
        }
    }

    private static bool IsWorse(ReadOnlySpan<int> ids, ReadOnlySpan<float> values, int a, int b) =>
        values[a] < values[b] || (values[a] == values[b] && ids[a] > ids[b]);
}
