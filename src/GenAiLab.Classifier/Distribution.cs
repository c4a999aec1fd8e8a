namespace GenAiLab.Classifier;

/// <summary>A label's index with its share of the probability.</summary>
internal readonly record struct RankedLabel(int Index, double Probability, float Logit);

/// <summary>From logits to probabilities.</summary>
internal static class Distribution
{
    /// <summary>
    /// The probabilities in double precision, most probable first, ties by index: the softmax of the logits where the
    /// labels exclude each other, else each logit's own σ.
    /// </summary>
    /// <param name="logits">Finite, at least one.</param>
    /// <param name="exclusive">Whether one label holds at a time. Of a single one the softmax would always be 1.</param>
    public static RankedLabel[] Rank(ReadOnlySpan<float> logits, bool exclusive)
    {
        var ranked = exclusive ? Softmax(logits) : Sigmoid(logits);
        // By logit: two probabilities may round to the same number where the logits differ.
        Array.Sort(ranked, static (left, right) =>
            right.Logit.CompareTo(left.Logit) is var order && order != 0 ? order : left.Index.CompareTo(right.Index));
        return ranked;
    }

    private static RankedLabel[] Sigmoid(ReadOnlySpan<float> logits)
    {
        var ranked = new RankedLabel[logits.Length];
        for (var index = 0; index < logits.Length; index++)
        {
            ranked[index] = new RankedLabel(index, 1 / (1 + Math.Exp(-(double)logits[index])), logits[index]);
        }

        return ranked;
    }

    private static RankedLabel[] Softmax(ReadOnlySpan<float> logits)
    {
        var largest = (double)logits[0];
        foreach (var logit in logits)
        {
            largest = Math.Max(largest, logit);
        }

        var ranked = new RankedLabel[logits.Length];
        var total = 0.0;
        for (var index = 0; index < logits.Length; index++)
        {
            ranked[index] = new RankedLabel(index, Math.Exp(logits[index] - largest), logits[index]);
            total += ranked[index].Probability;
        }

        for (var index = 0; index < ranked.Length; index++)
        {
            ranked[index] = ranked[index] with { Probability = ranked[index].Probability / total };
        }

        return ranked;
    }
}
