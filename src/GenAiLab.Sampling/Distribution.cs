using System.Numerics;
using System.Numerics.Tensors;

namespace GenAiLab.Sampling;

/// <summary>Quantities of a distribution given by its logits.</summary>
public static class Distribution
{
    // Of fixed size, so that a sum never depends on how a buffer was cut.
    private const int Block = 256;

    // exp of it is 0; keeps 0 · ∞ out of sums.
    private const double LowestExponent = -1000;

    /// <summary>Natural logarithm of the sum of exp(logit), accumulated in double precision.</summary>
    /// <param name="logits">One per vocabulary entry; −∞ counts as probability 0.</param>
    /// <exception cref="InvalidLogitsException">One is NaN or +∞, all are −∞, or there is none.</exception>
    public static double LogSumExp(ReadOnlySpan<float> logits) => LogSumExp(logits, Maximum(logits));

    internal static double LogSumExp(ReadOnlySpan<float> logits, float maximum) =>
        maximum + Math.Log(SumOfWeights(logits, maximum, 1));

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
    internal static double SumOfWeights(ReadOnlySpan<float> logits, float maximum, double temperature)
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
    internal static void Weights(ReadOnlySpan<float> logits, float maximum, double temperature, Span<double> weights)
    {
        Exponents(logits, maximum, temperature, weights);
        TensorPrimitives.Exp<double>(weights, weights);
    }

    /// <summary>Sum of exp((logit − maximum) / temperature), and the entropy in nats.</summary>
    internal static (double Sum, double Entropy) Entropy(ReadOnlySpan<float> logits, float maximum, double temperature)
    {
        Span<double> exponents = stackalloc double[Block];
        Span<double> weights = stackalloc double[Block];
        double sum = 0, weighted = 0;
        for (; !logits.IsEmpty; logits = logits[Math.Min(Block, logits.Length)..])
        {
            var part = logits[..Math.Min(Block, logits.Length)];
            var partExponents = exponents[..part.Length];
            var partWeights = weights[..part.Length];
            Exponents(part, maximum, temperature, partExponents);
            TensorPrimitives.Max(partExponents, LowestExponent, partExponents);
            TensorPrimitives.Exp<double>(partExponents, partWeights);
            sum += TensorPrimitives.Sum<double>(partWeights);
            weighted += TensorPrimitives.Dot<double>(partExponents, partWeights);
        }

        return (sum, Math.Log(sum) - (weighted / sum));
    }

    /// <summary>The standard deviation of the logits that are not −∞.</summary>
    internal static double StandardDeviation(ReadOnlySpan<float> logits, float maximum)
    {
        // Below the maximum, so that the squares do not cancel where all logits are far from 0.
        Span<double> below = stackalloc double[Block];
        double sum = 0, squares = 0;
        var count = 0;
        for (; !logits.IsEmpty; logits = logits[Math.Min(Block, logits.Length)..])
        {
            var part = logits[..Math.Min(Block, logits.Length)];
            var partBelow = below[..part.Length];
            Exponents(part, maximum, 1, partBelow);
            if (TensorPrimitives.Min(part) == float.NegativeInfinity)
                partBelow = WithoutExcluded(partBelow);
            sum += TensorPrimitives.Sum<double>(partBelow);
            squares += TensorPrimitives.SumOfSquares<double>(partBelow);
            count += partBelow.Length;
        }

        var mean = sum / count;
        return Math.Sqrt(Math.Max(0, (squares / count) - (mean * mean)));
    }

    /// <summary>−|(logit − maximum) / temperature + offset| of each logit, −∞ where that is −∞.</summary>
    /// <param name="logits">One per token.</param>
    /// <param name="maximum">The highest.</param>
    /// <param name="temperature">Above 0.</param>
    /// <param name="offset">Less the value that is aimed at.</param>
    /// <param name="nearness">As many as logits.</param>
    internal static void Nearness(ReadOnlySpan<float> logits, float maximum, double temperature, double offset, Span<float> nearness)
    {
        Span<double> distances = stackalloc double[Block];
        for (; !logits.IsEmpty; logits = logits[Math.Min(Block, logits.Length)..])
        {
            var part = logits[..Math.Min(Block, logits.Length)];
            var partDistances = distances[..part.Length];
            Exponents(part, maximum, temperature, partDistances);
            TensorPrimitives.Add(partDistances, offset, partDistances);
            TensorPrimitives.Abs<double>(partDistances, partDistances);
            TensorPrimitives.Negate<double>(partDistances, partDistances);
            TensorPrimitives.ConvertTruncating<double, float>(partDistances, nearness);
            nearness = nearness[part.Length..];
        }
    }

    /// <summary>How many logits are not −∞.</summary>
    internal static int CountPossible(ReadOnlySpan<float> logits)
    {
        if (TensorPrimitives.Min(logits) > float.NegativeInfinity)
            return logits.Length;
        var possible = 0;
        foreach (var logit in logits)
            possible += logit > float.NegativeInfinity ? 1 : 0;
        return possible;
    }

    /// <summary>The rank of a token: one more than the logits above its own, and those equal to it at lower ids.</summary>
    internal static int RankOf(ReadOnlySpan<float> logits, int id)
    {
        var value = logits[id];
        var rank = 1;
        var i = 0;
        if (Vector.IsHardwareAccelerated)
        {
            // A comparison gives −1 where it holds.
            var above = Vector<int>.Zero;
            var bar = new Vector<float>(value);
            for (; i <= id - Vector<float>.Count; i += Vector<float>.Count)
                above -= Vector.GreaterThanOrEqual(new Vector<float>(logits[i..]), bar);
            for (; i <= id; i++)
                rank += logits[i] >= value && i < id ? 1 : 0;
            for (; i <= logits.Length - Vector<float>.Count; i += Vector<float>.Count)
                above -= Vector.GreaterThan(new Vector<float>(logits[i..]), bar);
            rank += Vector.Sum(above);
        }

        for (; i < logits.Length; i++)
            rank += logits[i] > value || (logits[i] == value && i < id) ? 1 : 0;
        return rank;
    }

    private static Span<double> WithoutExcluded(Span<double> values)
    {
        var count = 0;
        foreach (var value in values)
        {
            if (!double.IsNegativeInfinity(value))
                values[count++] = value;
        }

        return values[..count];
    }

    /// <summary>(logit − maximum) / temperature of each logit.</summary>
    internal static void Exponents(ReadOnlySpan<float> logits, float maximum, double temperature, Span<double> exponents)
    {
        TensorPrimitives.ConvertChecked<float, double>(logits, exponents);
        TensorPrimitives.Subtract(exponents, (double)maximum, exponents);
        if (temperature != 1)
            TensorPrimitives.Divide(exponents, temperature, exponents);
    }
}
