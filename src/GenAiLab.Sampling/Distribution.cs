using System.Numerics.Tensors;

namespace GenAiLab.Sampling;

/// <summary>Quantities of a distribution given by its logits.</summary>
public static class Distribution
{
    // Of fixed size, so that a sum never depends on how a buffer was cut.
    private const int Block = 256;

    /// <summary>Natural logarithm of the sum of exp(logit), accumulated in double precision.</summary>
    /// <param name="logits">One per vocabulary entry; −∞ counts as probability 0.</param>
    /// <exception cref="InvalidLogitsException">One is NaN or +∞, all are −∞, or there is none.</exception>
    public static double LogSumExp(ReadOnlySpan<float> logits)
    {
        var maximum = Maximum(logits);
        return maximum + Math.Log(SumOfWeights(logits, maximum, 1));
    }

    /// <summary>The highest logit, after checking that the logits are a distribution.</summary>
    internal static float Maximum(ReadOnlySpan<float> logits)
    {
        if (logits.IsEmpty)
            throw new InvalidLogitsException("there are no logits");
        var maximum = TensorPrimitives.Max(logits); // NaN if any is NaN.
        return float.IsFinite(maximum)
            ? maximum
            : throw new InvalidLogitsException(float.IsNaN(maximum) ? "a logit is not a number" : "the logits are infinite");
    }

    /// <summary>Sum of exp((logit − maximum) / temperature).</summary>
    internal static double SumOfWeights(ReadOnlySpan<float> logits, float maximum, float temperature)
    {
        Span<double> weights = stackalloc double[Block];
        double sum = 0;
        for (; !logits.IsEmpty; logits = logits[Math.Min(Block, logits.Length)..])
        {
            var part = logits[..Math.Min(Block, logits.Length)];
            var partWeights = weights[..part.Length];
            Weights(part, maximum, temperature, partWeights);
            sum += TensorPrimitives.Sum<double>(partWeights);
        }

        return sum;
    }

    /// <summary>exp((logit − maximum) / temperature) of each logit.</summary>
    internal static void Weights(ReadOnlySpan<float> logits, float maximum, float temperature, Span<double> weights)
    {
        TensorPrimitives.ConvertChecked<float, double>(logits, weights);
        TensorPrimitives.Subtract(weights, (double)maximum, weights);
        if (temperature != 1)
            TensorPrimitives.Divide(weights, (double)temperature, weights);
        TensorPrimitives.Exp<double>(weights, weights);
    }
}
