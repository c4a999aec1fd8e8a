using System.Buffers.Binary;

namespace GenAiLab.Media.Sounds;

/// <summary>The samples of a WAV file as numbers.</summary>
internal static class WavSamples
{
    /// <summary>The mean of the channels of each sample; floats beyond [−1, 1] are clipped, as whatever plays them does.</summary>
    /// <exception cref="UnreadableMediaException">A sample is no number.</exception>
    public static float[] Read(ReadOnlySpan<byte> data, WavFormat format, int count)
    {
        var (samples, bytes) = (new float[count], format.Bits / 8);
        for (var at = 0; at < count; at++)
        {
            double sum = 0;
            for (var channel = 0; channel < format.Channels; channel++)
            {
                sum += Read(data.Slice((at * format.FrameBytes) + (channel * bytes), bytes), format);
            }

            samples[at] = double.IsFinite(sum)
                ? (float)Math.Clamp(sum / format.Channels, -1, 1)
                : throw new UnreadableMediaException($"sample {at:N0} is no finite number");
        }

        return samples;
    }

    // Those of 8 bits have no sign.
    private static double Read(ReadOnlySpan<byte> sample, WavFormat format) => (format.Bits, format.IsFloat) switch
    {
        (8, _) => (sample[0] - 128) / 128.0,
        (16, _) => BinaryPrimitives.ReadInt16LittleEndian(sample) / 32_768.0,
        (24, _) => (sample[0] | (sample[1] << 8) | ((sbyte)sample[2] << 16)) / 8_388_608.0,
        (32, false) => BinaryPrimitives.ReadInt32LittleEndian(sample) / 2_147_483_648.0,
        (32, true) => BinaryPrimitives.ReadSingleLittleEndian(sample),
        _ => BinaryPrimitives.ReadDoubleLittleEndian(sample),
    };
}
