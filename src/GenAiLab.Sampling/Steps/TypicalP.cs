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
    private const int LargestGuess = 4096;

    public static void Apply(WorkingSet set, double part)
    {
        var maximum = set.Maximum();
        var (sum, entropy) = Distribution.Entropy(set.Logits, maximum, set.Temperature);
        var nearness = ArrayPool<float>.Shared.Rent(set.Count);
        var marks = ArrayPool<byte>.Shared.Rent(set.Count);
        marks.AsSpan(0, set.Count).Clear();
        try
        {
            // A surprise is log sum − (logit − maximum) / temperature. −|surprise − entropy|: the nearest are the highest.
            Distribution.Nearness(set.Logits, maximum, set.Temperature, entropy - Math.Log(sum), nearness.AsSpan(0, set.Count));
            Mark(set.Logits, nearness.AsSpan(0, set.Count), part * sum, maximum, set.Temperature, marks);
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
            var count = guess <= LargestGuess ? Math.Min(guess, nearness.Length) : nearness.Length;
            var (indices, values) = (ArrayPool<int>.Shared.Rent(count), ArrayPool<float>.Shared.Rent(count));
            TopCandidates.Select(nearness, indices.AsSpan(0, count), values.AsSpan(0, count));
            for (var i = 0; i < count; i++)
                values[i] = logits[indices[i]];
            var (kept, reached) = WorkingSet.Reach(values.AsSpan(0, count), maximum, wanted, temperature);
            var done = reached || count == nearness.Length;
            for (var i = 0; done && i < kept; i++)
                marks[indices[i]] = 1;
            ArrayPool<int>.Shared.Return(indices);
            ArrayPool<float>.Shared.Return(values);
            if (done)
                return;
        }
    }
}
