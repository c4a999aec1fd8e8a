namespace GenAiLab.Experiments.Statistics;

/// <summary>A prediction: how sure the model was, and whether it was right.</summary>
/// <param name="Confidence">In [0, 1].</param>
/// <param name="Right">Whether it came true.</param>
public readonly record struct Prediction(double Confidence, bool Right);

/// <summary>Whether a model is right as often as it says.</summary>
public static class Calibration
{
    /// <summary>Bins of equal width, as in Guo et al. 2017.</summary>
    public const int Bins = 15;

    /// <summary>The bin of a confidence: [0, <see cref="Bins"/>).</summary>
    public static int Bin(double confidence) => Math.Clamp((int)(confidence * Bins), 0, Bins - 1);

    /// <summary>
    /// Expected calibration error (Naeini et al. 2015; Guo et al. 2017): the mean over bins of confidence of
    /// |share right − mean confidence|, weighted by the predictions in the bin. In [0, 1], 0 is perfect.
    /// </summary>
    /// <param name="predictions">At least one.</param>
    public static double ExpectedError(IEnumerable<Prediction> predictions)
    {
        Span<double> gap = stackalloc double[Bins];
        long count = 0;
        foreach (var (confidence, right) in predictions)
        {
            gap[Bin(confidence)] += (right ? 1 : 0) - confidence;
            count++;
        }

        ArgumentOutOfRangeException.ThrowIfZero(count, nameof(predictions));
        var error = 0.0;
        foreach (var bin in gap)
        {
            error += Math.Abs(bin);
        }

        return error / count;
    }
}
