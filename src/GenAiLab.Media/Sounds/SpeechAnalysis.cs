namespace GenAiLab.Media.Sounds;

/// <summary>What a codec keeps of a sound: every 25 ms the spectrum's envelope, the level and the pitch. Pure.</summary>
internal static class SpeechAnalysis
{
    /// <summary>Samples a second.</summary>
    public const int Rate = 16_000;

    /// <summary>Samples of a frame: 25 ms.</summary>
    public const int Frame = 400;

    /// <summary>Mel bands of an envelope.</summary>
    public const int Bands = 32;

    /// <summary>The level, in dB of full scale, at and below which there is silence.</summary>
    public const double Silence = -58;

    private const int Window = 512;

    // A band that is weaker than the loudest by more dB than this is not heard beside it.
    private const double Depth = 50;

    // Cosines that an envelope is made of: what is finer are the voice's harmonics.
    private const int Smoothness = 15;

    private static readonly FourierTransform Transform = new(Window);
    private static readonly double[] Hann = [.. Enumerable.Range(0, Window).Select(static at => 0.5 - (0.5 * Math.Cos(2 * Math.PI * (at + 0.5) / Window)))];
    private static readonly double HannPower = Hann.Sum(static weight => weight * weight);
    private static readonly double[,] Smoothing = BuildSmoothing();

    /// <summary>The bands of envelopes.</summary>
    public static MelBands Mel { get; } = new(Bands, Window, Rate, lowest: 60, highest: 7_800);

    /// <summary>An envelope that stands for silence.</summary>
    public static float[] Flat => new float[Bands];

    /// <summary>The frames of samples at <see cref="Rate"/>; the last one is filled with silence.</summary>
    public static IReadOnlyList<SpeechFrame> Run(ReadOnlySpan<float> samples, CancellationToken cancellation)
    {
        var frames = new SpeechFrame[Math.Max(1, (samples.Length + Frame - 1) / Frame)];
        var slow = PitchTracker.Prepare(samples);
        var (real, imaginary) = (new double[Window], new double[Window]);
        for (var at = 0; at < frames.Length; at++)
        {
            cancellation.ThrowIfCancellationRequested();
            var centre = (at * Frame) + (Frame / 2);
            double power = 0;
            for (var n = 0; n < Window; n++)
            {
                var from = centre - (Window / 2) + n;
                real[n] = from >= 0 && from < samples.Length ? samples[from] * Hann[n] : 0;
                power += real[n] * real[n];
            }

            var level = 10 * Math.Log10((power / HannPower) + 1e-12);
            if (level <= Silence)
            {
                frames[at] = new SpeechFrame(Flat, level, 0);
                continue;
            }

            imaginary.AsSpan().Clear();
            Transform.Forward(real, imaginary);
            frames[at] = new SpeechFrame(Envelope(real, imaginary), level, PitchTracker.At(slow, centre, Rate));
        }

        return frames;
    }

    private static float[] Envelope(ReadOnlySpan<double> real, ReadOnlySpan<double> imaginary)
    {
        Span<double> bands = stackalloc double[Bands];
        double loudest = 0;
        for (var band = 0; band < Bands; band++)
        {
            var weights = Mel.Weights[band];
            for (var at = 0; at < weights.Length; at++)
            {
                bands[band] += weights[at] == 0 ? 0 : weights[at] * ((real[at] * real[at]) + (imaginary[at] * imaginary[at]));
            }

            loudest = Math.Max(loudest, bands[band]);
        }

        var floor = (loudest * Math.Pow(10, -Depth / 10)) + 1e-30;
        for (var band = 0; band < Bands; band++)
        {
            bands[band] = 10 * Math.Log10(bands[band] + floor);
        }

        var envelope = new float[Bands];
        for (var to = 0; to < Bands; to++)
        {
            double sum = 0;
            for (var from = 0; from < Bands; from++)
            {
                sum += Smoothing[to, from] * bands[from];
            }

            envelope[to] = (float)sum;
        }

        return envelope;
    }

    // Projects on cosines 1 to Smoothness − 1: without the constant one the mean is taken away.
    private static double[,] BuildSmoothing()
    {
        var smoothing = new double[Bands, Bands];
        for (var to = 0; to < Bands; to++)
        {
            for (var from = 0; from < Bands; from++)
            {
                for (var wave = 1; wave < Smoothness; wave++)
                {
                    smoothing[to, from] += 2.0 / Bands * Math.Cos(Math.PI * wave * (to + 0.5) / Bands) * Math.Cos(Math.PI * wave * (from + 0.5) / Bands);
                }
            }
        }

        return smoothing;
    }
}
