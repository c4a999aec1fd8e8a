using System.Numerics.Tensors;

namespace GenAiLab.Training.Classification;

/// <summary>Probabilities of logits.</summary>
internal static class Softmax
{
    /// <summary>As many as there are logits, whatever their size: the library takes the exponentials as they are, and those of a sure classifier overflow.</summary>
    public static float[] Of(ReadOnlySpan<float> logits)
    {
        var probabilities = new float[logits.Length];
        TensorPrimitives.Subtract(logits, TensorPrimitives.Max(logits), probabilities);
        TensorPrimitives.SoftMax(probabilities, probabilities);
        return probabilities;
    }
}
