using System.Buffers;

namespace GenAiLab.Sampling;

/// <summary>
/// Selects many of the highest logits in time linear in their number: a histogram of the leading bits tells which
/// logits can be among them, and a radix sort, least significant digit first and stable, ranks those.
/// </summary>
internal static class RadixRanking
{
    private const int DigitBits = 11;
    private const int Digits = 3; // 33 bits cover a float.
    private const int Bins = 1 << DigitBits;
    private const int LeadingShift = 32 - DigitBits;

    /// <summary>The highest logits, highest first, ties to the lower id.</summary>
    /// <param name="logits">None NaN.</param>
    /// <param name="ids">Receives the ids; at most as long as <paramref name="logits"/>.</param>
    /// <param name="values">Receives the logits; as long.</param>
    public static void Select(ReadOnlySpan<float> logits, Span<int> ids, Span<float> values)
    {
        Span<int> counts = stackalloc int[Bins];
        counts.Clear();
        foreach (var logit in logits)
            counts[(int)(Key(logit) >> LeadingShift)]++;
        var (last, count) = (0, counts[0]);
        while (count < ids.Length)
            count += counts[++last];

        var keys = ArrayPool<ulong>.Shared.Rent(2 * count);
        try
        {
            var from = keys.AsSpan(0, count);
            var to = keys.AsSpan(count, count);
            Gather(logits, (uint)last, from);
            for (var digit = 0; digit < Digits; digit++)
            {
                Pass(from, to, 32 + (digit * DigitBits), counts);
                var sorted = to;
                to = from;
                from = sorted;
            }

            for (var i = 0; i < ids.Length; i++)
            {
                ids[i] = (int)(uint)from[i];
                values[i] = logits[ids[i]];
            }
        }
        finally
        {
            ArrayPool<ulong>.Shared.Return(keys);
        }
    }

    // Ascending where logits descend. Adding 0 makes one of the two zeros.
    private static uint Key(float logit)
    {
        var bits = BitConverter.SingleToUInt32Bits(logit + 0f);
        return (bits & 0x8000_0000) != 0 ? bits : ~(bits | 0x8000_0000);
    }

    // The key above the id, in order of the ids.
    private static void Gather(ReadOnlySpan<float> logits, uint last, Span<ulong> keys)
    {
        var to = 0;
        for (var id = 0; id < logits.Length && to < keys.Length; id++)
        {
            var key = Key(logits[id]);
            keys[to] = ((ulong)key << 32) | (uint)id;
            to += key >> LeadingShift <= last ? 1 : 0;
        }
    }

    private static void Pass(ReadOnlySpan<ulong> from, Span<ulong> to, int shift, Span<int> places)
    {
        places.Clear();
        foreach (var key in from)
            places[(int)(key >> shift) & (Bins - 1)]++;
        var place = 0;
        for (var bin = 0; bin < Bins; bin++)
            (places[bin], place) = (place, place + places[bin]);
        foreach (var key in from)
            to[places[(int)(key >> shift) & (Bins - 1)]++] = key;
    }
}
