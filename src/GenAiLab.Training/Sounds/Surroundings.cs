namespace GenAiLab.Training.Sounds;

/// <summary>What lies between a mouth and a microphone: distance, silence before and after, noise. Pure.</summary>
public static class Surroundings
{
    private const double NoisyShare = 0.7;

    /// <summary>The samples louder or softer, with silence around, mostly with noise 15 to 45 dB below the speech.</summary>
    /// <param name="speech">Samples.</param>
    /// <param name="random">What decides.</param>
    /// <param name="before">The most silence before, in samples.</param>
    /// <param name="after">The most after.</param>
    public static float[] Add(ReadOnlySpan<float> speech, Random random, int before, int after)
    {
        var lead = random.Next(before + 1);
        var samples = new float[lead + speech.Length + random.Next(after + 1)];
        var gain = (float)Math.Pow(10, ((random.NextDouble() * 14) - 10) / 20);
        double power = 0;
        for (var at = 0; at < speech.Length; at++)
        {
            samples[lead + at] = speech[at] * gain;
            power += speech[at] * gain * speech[at] * gain;
        }

        if (random.NextDouble() < NoisyShare)
        {
            var deviation = Math.Sqrt(power / speech.Length) * Math.Pow(10, -(15 + (random.NextDouble() * 30)) / 20);

            // From white to dull, as rooms are.
            double dullness = random.NextDouble() * 0.9, dull = 0;
            var scale = deviation * Math.Sqrt(12) * Math.Sqrt(1 - (dullness * dullness));
            for (var at = 0; at < samples.Length; at++)
            {
                dull = (dullness * dull) + ((random.NextDouble() - 0.5) * scale);
                samples[at] += (float)dull;
            }
        }

        return samples;
    }
}
