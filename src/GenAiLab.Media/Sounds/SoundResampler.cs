namespace GenAiLab.Media.Sounds;

/// <summary>
/// Sounds at another rate: a sinc under a Kaiser window (Smith, Digital Audio Resampling, 2002), cut off below half of the lower rate so
/// that what the new rate cannot hold does not come back as something else. Pure.
/// </summary>
public static class SoundResampler
{
    private const int ZeroCrossings = 24;
    private const int PointsPerCrossing = 256;
    private const double Beta = 9;

    // Of half the lower rate; the window's main lobe lies between it and that.
    private const double CutOff = 0.92;

    private static readonly float[] Kernel = BuildKernel();

    /// <summary>The same sound at a rate; the length is rounded up, silence lies around.</summary>
    public static float[] Resample(Sound sound, int rate, CancellationToken cancellation)
    {
        if (sound.Rate == rate)
        {
            return sound.Samples;
        }

        var (samples, step) = (sound.Samples, (double)sound.Rate / rate);
        var resampled = new float[(int)Math.Max(1, ((long)samples.Length * rate + sound.Rate - 1) / sound.Rate)];

        // Zero crossings of the sinc for a sample of the source.
        var crossings = CutOff * Math.Min(1, 1 / step);
        var reach = ZeroCrossings / crossings;
        for (var at = 0; at < resampled.Length; at++)
        {
            if (at % 4_096 == 0)
            {
                cancellation.ThrowIfCancellationRequested();
            }

            var centre = at * step;
            var (first, last) = (Math.Max(0, (int)Math.Ceiling(centre - reach)), Math.Min(samples.Length - 1, (int)Math.Floor(centre + reach)));
            double sum = 0;
            for (var from = first; from <= last; from++)
            {
                sum += samples[from] * At(Math.Abs(from - centre) * crossings * PointsPerCrossing);
            }

            resampled[at] = (float)(sum * crossings);
        }

        return resampled;
    }

    private static double At(double place)
    {
        var index = (int)place;
        return index + 1 >= Kernel.Length ? 0 : Kernel[index] + ((place - index) * (Kernel[index + 1] - Kernel[index]));
    }

    private static float[] BuildKernel()
    {
        var kernel = new float[(ZeroCrossings * PointsPerCrossing) + 1];
        for (var at = 0; at < kernel.Length; at++)
        {
            var (x, edge) = ((double)at / PointsPerCrossing, (double)at / (kernel.Length - 1));
            var sinc = at == 0 ? 1 : Math.Sin(Math.PI * x) / (Math.PI * x);
            kernel[at] = (float)(sinc * Bessel(Beta * Math.Sqrt(1 - (edge * edge))) / Bessel(Beta));
        }

        return kernel;
    }

    // The modified Bessel function of order 0, by its series.
    private static double Bessel(double x)
    {
        double sum = 1, term = 1;
        for (var n = 1; term > 1e-12 * sum; n++)
        {
            term *= x * x / (4.0 * n * n);
            sum += term;
        }

        return sum;
    }
}
