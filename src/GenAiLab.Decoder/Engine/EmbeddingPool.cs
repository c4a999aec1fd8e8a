using System.Numerics.Tensors;
using GenAiLab.Sampling;
using GenAiLab.V1;

namespace GenAiLab.Decoder.Engine;

/// <summary>Makes one vector of hidden states that come in parts. Sums in double precision, in the order of the tokens.</summary>
/// <param name="pooling">Which states count.</param>
internal sealed class EmbeddingPool(Pooling pooling)
{
    private double[] _sum = [];
    private long _count;

    /// <summary>Adds the states of the next tokens.</summary>
    /// <param name="states">[rows, width].</param>
    /// <param name="rows">At least 1.</param>
    public void Add(ReadOnlySpan<float> states, int rows)
    {
        var width = states.Length / rows;
        if (pooling == Pooling.Last || _count == 0)
        {
            (_sum, _count) = (new double[width], 0);
        }

        for (var row = pooling == Pooling.Last ? rows - 1 : 0; row < rows; row++, _count++)
        {
            for (var at = 0; at < width; at++)
            {
                _sum[at] += states[(row * width) + at];
            }
        }
    }

    /// <summary>The vector.</summary>
    /// <param name="unnormalized">Not scaled to length 1. A vector of zeros never is.</param>
    /// <exception cref="InvalidLogitsException">A state is not a finite number.</exception>
    public float[] ToVector(bool unnormalized)
    {
        var norm = TensorPrimitives.Norm<double>(_sum);
        if (!double.IsFinite(norm))
        {
            throw new InvalidLogitsException("a hidden state is not a finite number");
        }

        var scale = unnormalized || norm == 0 ? _count : norm;
        return [.. _sum.Select(value => (float)(value / scale))];
    }
}
