using System.Buffers;

namespace GenAiLab.Sampling.Steps;

/// <summary>
/// Locally typical sampling (Meister et al. 2022): the tokens whose surprise is nearest to the entropy, ties to the
/// lower id or the better rank, until their probability reaches a part.
/// </summary>
internal static class TypicalP
{
    private const int FirstGuess = 256;
    private const int GuessGrowth = 8;

    public static void Apply(WorkingSet set, double part)
    {
        var maximum = set.Maximum();
        var (sum, entropy) = Distribution.Entropy(set.Logits, maximum, set.Temperature);
        var nearness = ArrayPool<float>.Shared.Rent(set.Count);
        var marks = ArrayPool<byte>.Shared.Rent(set.Count);
        marks.AsSpan(0, set.Count).Clear();
        try
        {
            // −|surprise − entropy|, −∞ for excluded tokens: the nearest are the highest.
            var offset = Math.Log(sum) - entropy;
            var logits = set.Logits;
            for (var i = 0; i < logits.Length; i++)
                nearness[i] = (float)-Math.Abs(offset - (((double)logits[i] - maximum) / set.Temperature));
            Mark(logits, nearness.AsSpan(0, set.Count), part * sum, maximum, set.Temperature, marks);
            set.Keep(marks.AsSpan(0, set.Count));
        }
        finally
        {
            ArrayPool<float>.Shared.Return(nearness);
            ArrayPool<byte>.Shared.Return(marks);
        }
    }

    private static void Mark(
        ReadOnlySpan<float> logits, ReadOnlySpan<float> nearness, double wanted, float maximum, double temperature, Span<byte> marks)
    {
        for (var guess = FirstGuess; ; guess *= GuessGrowth)
        {
            var count = Math.Min(guess, nearness.Length);
            var (indices, values) = (ArrayPool<int>.Shared.Rent(count), ArrayPool<float>.Shared.Rent(count));
            TopCandidates.Select(nearness, indices.AsSpan(0, count), values.AsSpan(0, count));
            var mass = 0.0;
            var kept = 0;
            while (kept < count && mass < wanted)
                mass += Math.Exp(((double)logits[indices[kept++]] - maximum) / temperature);
            var done = mass >= wanted || count == nearness.Length;
            for (var i = 0; done && i < kept; i++)
                marks[indices[i]] = 1;
            ArrayPool<int>.Shared.Return(indices);
            ArrayPool<float>.Shared.Return(values);
            if (done)
                return;
        }
    }
}
