using GenAiLab.Media;
using GenAiLab.Media.Sounds;

namespace GenAiLab.Classifier.Sounds;

/// <summary>What is done to a sound before a model hears it: resample, normalise, cut or fill.</summary>
/// <param name="Rate">Samples a second.</param>
/// <param name="Normalises">Whether its mean becomes 0 and its variance 1.</param>
internal sealed record SoundSteps(int Rate, bool Normalises)
{
    /// <summary>The longest sound, in seconds.</summary>
    public const double MaximumSeconds = 30;

    // As transformers' Wav2Vec2FeatureExtractor has it.
    private const double Epsilon = 1e-7;

    // Convolutions need some: less than this is filled with silence.
    private const double LeastSeconds = 0.1;

    /// <summary>The samples that the model hears, and how many of them are the sound's own.</summary>
    /// <param name="sound">A WAV.</param>
    /// <param name="length">How many the graph takes; null: as many as there are.</param>
    /// <param name="cancellation">Interrupts.</param>
    /// <exception cref="UnreadableMediaException">It cannot be read.</exception>
    public PreparedSound Run(ReadOnlySpan<byte> sound, int? length, CancellationToken cancellation)
    {
        var samples = SoundResampler.Resample(WavFile.Read(sound, MaximumSeconds), Rate, cancellation);
        var heard = samples.AsSpan(0, Math.Min(samples.Length, length ?? samples.Length));
        var filled = new float[length ?? Math.Max(heard.Length, (int)(LeastSeconds * Rate))];
        heard.CopyTo(filled);
        if (Normalises)
        {
            Normalise(filled.AsSpan(0, heard.Length));
        }

        return new PreparedSound(filled, heard.Length);
    }

    // Before silence is added.
    private static void Normalise(Span<float> samples)
    {
        double sum = 0, squares = 0;
        foreach (var sample in samples)
        {
            sum += sample;
        }

        var mean = sum / samples.Length;
        foreach (var sample in samples)
        {
            squares += (sample - mean) * (sample - mean);
        }

        var scale = 1 / Math.Sqrt((squares / samples.Length) + Epsilon);
        for (var at = 0; at < samples.Length; at++)
        {
            samples[at] = (float)((samples[at] - mean) * scale);
        }
    }
}

/// <summary>A sound as a model hears it.</summary>
/// <param name="Samples">With the silence behind it.</param>
/// <param name="Length">How many are the sound's own.</param>
internal readonly record struct PreparedSound(float[] Samples, int Length);
