namespace GenAiLab.Media.Sounds;

/// <summary>
/// Sounds from frames, as Dudley's vocoder made them (1939): pulses at the voice's pitch where there is one, noise elsewhere and at high
/// frequencies, shaped by the envelope of each moment. Pure: the same frames give the same samples.
/// </summary>
internal static class Vocoder
{
    private const int Frame = SpeechAnalysis.Frame;
    private const int Window = 512;
    private const int Step = 128;
    private const int Points = 1_024;

    // What is added up of windows that overlap four times.
    private const double Overlap = 2;

    // Breath is heard above this, in Hz, even in a voice.
    private const double Breath = 4_500;

    private static readonly FourierTransform Transform = new(Points);
    private static readonly MelBands Mel = new(SpeechAnalysis.Bands, Points, SpeechAnalysis.Rate, lowest: 60, highest: 7_800);
    private static readonly double[] Places = [.. Enumerable.Range(0, (Points / 2) + 1).Select(Mel.Place)];
    private static readonly double[] Hann = [.. Enumerable.Range(0, Window).Select(static at => 0.5 - (0.5 * Math.Cos(2 * Math.PI * at / Window)))];

    /// <summary>The samples of frames at <see cref="SpeechAnalysis.Rate"/>.</summary>
    public static float[] Run(IReadOnlyList<SpeechFrame> frames)
    {
        var length = frames.Count * Frame;
        var (voice, noise) = (Pulses(frames), Noise(length));
        var sum = new double[length + Points];
        var (real, imaginary, gains) = (new double[Points], new double[Points], new double[(Points / 2) + 1]);
        for (var start = -Window + Step; start < length; start += Step)
        {
            if (!Gains(frames, start + (Window / 2), gains, out var voiced))
            {
                continue;
            }

            Fill(real, voice, start);
            Fill(imaginary, noise, start);

            // Two real signals in one transform: real and imaginary part.
            Transform.Forward(real, imaginary);
            Shape(real, imaginary, gains, voiced);
            Transform.Inverse(real, imaginary);
            for (var at = 0; at < Points; at++)
            {
                // The filter has no phase, so that it reaches to both sides; what is before the window stands at the end of the circle.
                var to = start + (at < Points - ((Points - Window) / 2) ? at : at - Points);
                if (to >= 0 && to < length)
                {
                    sum[to] += real[at] / Overlap;
                }
            }
        }

        return [.. sum.Take(length).Select(static sample => (float)Math.Clamp(sample, -1, 1))];
    }

    private static void Fill(Span<double> part, ReadOnlySpan<double> signal, int start)
    {
        part.Clear();
        for (var at = Math.Max(0, -start); at < Window && start + at < signal.Length; at++)
        {
            part[at] = signal[start + at] * Hann[at];
        }
    }

    private static void Shape(double[] real, double[] imaginary, double[] gains, double voiced)
    {
        for (var at = 0; at <= Points / 2; at++)
        {
            var mirror = (Points - at) % Points;
            var (voiceReal, voiceImaginary) = ((real[at] + real[mirror]) / 2, (imaginary[at] - imaginary[mirror]) / 2);
            var (noiseReal, noiseImaginary) = ((imaginary[at] + imaginary[mirror]) / 2, (real[mirror] - real[at]) / 2);
            var frequency = (double)at * SpeechAnalysis.Rate / Points;
            var share = voiced / (1 + Math.Pow(frequency / Breath, 6));
            var (ofVoice, ofNoise) = (gains[at] * Math.Sqrt(share), gains[at] * Math.Sqrt(1 - share));
            (real[at], imaginary[at]) = ((voiceReal * ofVoice) + (noiseReal * ofNoise), (voiceImaginary * ofVoice) + (noiseImaginary * ofNoise));
            (real[mirror], imaginary[mirror]) = (real[at], at == mirror ? imaginary[at] : -imaginary[at]);
        }
    }

    // Amplitude of each frequency around a sample, so that noise of deviation 1 gets the frame's level; false where there is silence.
    private static bool Gains(IReadOnlyList<SpeechFrame> frames, int centre, double[] gains, out double voiced)
    {
        var place = Math.Clamp(((double)centre / Frame) - 0.5, 0, frames.Count - 1);
        var first = (int)place;
        var (here, next, share) = (frames[first], frames[Math.Min(first + 1, frames.Count - 1)], place - first);
        voiced = ((here.Pitch > 0 ? 1 : 0) * (1 - share)) + ((next.Pitch > 0 ? 1 : 0) * share);
        var (loud, loudNext) = (IsSilent(here) ? 0 : Math.Pow(10, here.Level / 20), IsSilent(next) ? 0 : Math.Pow(10, next.Level / 20));
        var level = (loud * (1 - share)) + (loudNext * share);
        if (level == 0)
        {
            return false;
        }

        // Of a silent frame the envelope says nothing.
        share = loud == 0 ? 1 : loudNext == 0 ? 0 : share;
        double power = 0;
        for (var at = 0; at < gains.Length; at++)
        {
            var band = Math.Clamp(Places[at], 0, SpeechAnalysis.Bands - 1);
            var low = Math.Min((int)band, SpeechAnalysis.Bands - 2);
            var decibels = (At(here.Envelope, low, band - low) * (1 - share)) + (At(next.Envelope, low, band - low) * share);

            // Below the first band there is nothing of a voice.
            gains[at] = Math.Pow(10, decibels / 20) * Math.Clamp(Places[at] + 2, 0, 1);
            power += gains[at] * gains[at];
        }

        var scale = level / Math.Sqrt(power / gains.Length);
        for (var at = 0; at < gains.Length; at++)
        {
            gains[at] *= scale;
        }

        return true;
    }

    private static double At(float[] envelope, int low, double share) => (envelope[low] * (1 - share)) + (envelope[low + 1] * share);

    private static bool IsSilent(SpeechFrame frame) => frame.Level <= SpeechAnalysis.Silence;

    // Of power 1 at any pitch: each pulse is the root of the period.
    private static double[] Pulses(IReadOnlyList<SpeechFrame> frames)
    {
        var pulses = new double[(frames.Count * Frame) + 2];
        double phase = 0;
        for (var at = 0; at < frames.Count * Frame; at++)
        {
            var place = Math.Clamp(((double)at / Frame) - 0.5, 0, frames.Count - 1);
            var first = (int)place;
            var (here, next) = (frames[first].Pitch, frames[Math.Min(first + 1, frames.Count - 1)].Pitch);
            var pitch = here == 0 ? next : next == 0 ? here : (here * (1 - (place - first))) + (next * (place - first));
            var step = pitch / SpeechAnalysis.Rate;
            phase += step;
            if (phase >= 1)
            {
                phase -= 1;

                // Between two samples.
                var (late, size) = (phase / step, Math.Sqrt(1 / step));
                pulses[at] += size * late;
                pulses[at + 1] += size * (1 - late);
            }
        }

        return pulses;
    }

    // Uniform, of deviation 1, by Marsaglia's xorshift (2003).
    private static double[] Noise(int length)
    {
        var (noise, state) = (new double[length], 2_463_534_242u);
        for (var at = 0; at < length; at++)
        {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            noise[at] = ((state / (double)uint.MaxValue) - 0.5) * Math.Sqrt(12);
        }

        return noise;
    }
}
