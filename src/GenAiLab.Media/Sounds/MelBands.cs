namespace GenAiLab.Media.Sounds;

/// <summary>
/// Triangles of equal width on the mel scale (Stevens, Volkmann &amp; Newman 1937), over which a spectrum's power is averaged as ears do:
/// narrow at low frequencies, wide at high ones. Each adds up to 1. Immutable.
/// </summary>
public sealed class MelBands
{
    private readonly int _points;
    private readonly double _rate;
    private readonly double _lowest;
    private readonly double _width;

    /// <param name="count">Bands.</param>
    /// <param name="points">Points of the Fourier transform.</param>
    /// <param name="rate">Samples a second.</param>
    /// <param name="lowest">Where the first begins, in Hz.</param>
    /// <param name="highest">Where the last ends, in Hz.</param>
    public MelBands(int count, int points, int rate, double lowest, double highest)
    {
        (Count, _points, _rate, _lowest) = (count, points, rate, Mel(lowest));
        _width = (Mel(highest) - _lowest) / (count + 1);
        Weights = [.. Enumerable.Range(0, count).Select(Band)];
    }

    /// <summary>Bands.</summary>
    public int Count { get; }

    /// <summary>For each band the weights of the frequencies from 0 to half the rate, points / 2 + 1 of them.</summary>
    public IReadOnlyList<double[]> Weights { get; }

    /// <summary>Where a frequency of the transform lies among the bands: 0 is the middle of the first.</summary>
    public double Place(int frequency) => ((Mel(frequency * _rate / _points) - _lowest) / _width) - 1;

    private static double Mel(double frequency) => 2595 * Math.Log10(1 + (frequency / 700));

    private double[] Band(int band)
    {
        double[] weights = [.. Enumerable.Range(0, (_points / 2) + 1).Select(at => Math.Max(0, 1 - Math.Abs(Place(at) - band)))];
        if (weights.Sum() == 0)
        {
            // Narrower than the transform can tell: the nearest frequency.
            weights[Enumerable.Range(0, weights.Length).MinBy(at => Math.Abs(Place(at) - band))] = 1;
        }

        var sum = weights.Sum();
        return [.. weights.Select(weight => weight / sum)];
    }
}
