namespace GenAiLab.Media.Sounds;

/// <summary>
/// The pitch of a voice: the shortest period after which the sound repeats itself, by normalised cross-correlation (Talkin 1995) at a
/// quarter of the rate, refined by a parabola.
/// </summary>
internal static class PitchTracker
{
    /// <summary>The lowest pitch that is told, in Hz.</summary>
    public const double Lowest = 62.5;

    /// <summary>The highest, in Hz.</summary>
    public const double Highest = 400;

    private const int Decimation = 4;
    private const int Window = 160;
    private const int Half = 12;

    // How alike two periods are: voices are above, noise below.
    private const double Voiced = 0.55;

    // A multiple of the period repeats as well as the period does.
    private const double AsGood = 0.88;

    private static readonly double[] LowPass = BuildLowPass();

    /// <summary>A sound at a quarter of its rate, for <see cref="At"/>.</summary>
    public static double[] Prepare(ReadOnlySpan<float> samples)
    {
        var slow = new double[(samples.Length + Decimation - 1) / Decimation];
        for (var at = 0; at < slow.Length; at++)
        {
            for (var tap = -Half; tap <= Half; tap++)
            {
                var from = (at * Decimation) + tap;
                slow[at] += from >= 0 && from < samples.Length ? samples[from] * LowPass[tap + Half] : 0;
            }
        }

        return slow;
    }

    /// <summary>The pitch around a sample, in Hz; 0 where nothing repeats.</summary>
    /// <param name="slow">What <see cref="Prepare"/> made.</param>
    /// <param name="centre">The sample, at the sound's own rate.</param>
    /// <param name="rate">The sound's own rate.</param>
    public static double At(ReadOnlySpan<double> slow, int centre, int rate)
    {
        var slowRate = (double)rate / Decimation;
        var (shortest, longest) = ((int)(slowRate / Highest), (int)Math.Ceiling(slowRate / Lowest));
        Span<double> part = stackalloc double[Window + longest + 2];
        var start = (centre / Decimation) - (part.Length / 2);
        for (var at = 0; at < part.Length; at++)
        {
            part[at] = start + at >= 0 && start + at < slow.Length ? slow[start + at] : 0;
        }

        Span<double> likeness = stackalloc double[longest + 2];
        double best = 0;
        for (var lag = shortest - 1; lag < likeness.Length; lag++)
        {
            likeness[lag] = Likeness(part, lag);
            best = lag >= shortest ? Math.Max(best, likeness[lag]) : best;
        }

        if (best < Voiced)
        {
            return 0;
        }

        for (var lag = shortest; lag <= longest; lag++)
        {
            var (before, here, after) = (likeness[lag - 1], likeness[lag], likeness[lag + 1]);
            if (here >= AsGood * best && here >= before && here >= after)
            {
                var bend = before - (2 * here) + after;
                return Math.Clamp(slowRate / (lag + (bend < 0 ? (before - after) / (2 * bend) : 0)), Lowest, Highest);
            }
        }

        return 0;
    }

    private static double Likeness(ReadOnlySpan<double> part, int lag)
    {
        double product = 0, first = 1e-9, second = 1e-9;
        for (var at = 0; at < Window; at++)
        {
            var (here, there) = (part[at], part[at + lag]);
            product += here * there;
            first += here * here;
            second += there * there;
        }

        return product / Math.Sqrt(first * second);
    }

    // Below 1,000 Hz, where voices have most of their power; without what is constant.
    private static double[] BuildLowPass()
    {
        double[] taps = [.. Enumerable.Range(-Half, (2 * Half) + 1).Select(static at =>
            (at == 0 ? 1 : Math.Sin(Math.PI * at / 8.0) / (Math.PI * at / 8.0)) * (0.5 + (0.5 * Math.Cos(Math.PI * at / (Half + 1.0)))))];
        var sum = taps.Sum();
        return [.. taps.Select(tap => tap / sum)];
    }
}
