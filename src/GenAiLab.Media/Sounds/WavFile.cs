using System.Buffers.Binary;

namespace GenAiLab.Media.Sounds;

/// <summary>
/// Sounds as WAV files (RIFF; Microsoft's Multimedia Programming Interface 1.0, 1991, and WAVEFORMATEXTENSIBLE). What a caller sent is
/// hostile: nothing is allocated before the header was checked against the bytes that are there. Compressed formats are not read.
/// </summary>
public static class WavFile
{
    /// <summary>The largest file, in bytes: what is left of a message with some room for the other fields.</summary>
    public const int MaximumBytes = 4_000_000;

    /// <summary>The most channels.</summary>
    public const int MaximumChannels = 16;

    /// <summary>The lowest rate, in samples a second.</summary>
    public const int LowestRate = 4_000;

    /// <summary>The highest rate, in samples a second.</summary>
    public const int HighestRate = 192_000;

    private const int ChunkHeader = 8;
    private const int RiffHeader = 12;

    // Who writes to a pipe does not know the length: ffmpeg writes all ones, espeak-ng and sox something near half of that.
    private const uint LengthOfPipes = 0x7FFF_0000;

    /// <summary>The mean of a file's channels.</summary>
    /// <param name="file">A hostile file.</param>
    /// <param name="maximumSeconds">The longest that is taken.</param>
    /// <exception cref="UnreadableMediaException">It is no WAV of integer or floating-point PCM, is broken, or exceeds a limit.</exception>
    public static Sound Read(ReadOnlySpan<byte> file, double maximumSeconds)
    {
        if (file.Length is 0 or > MaximumBytes)
        {
            throw new UnreadableMediaException(file.Length == 0 ? "is empty" : $"{file.Length:N0} bytes; at most {MaximumBytes:N0}");
        }

        return ReadTrusted(file, maximumSeconds);
    }

    /// <summary>The same for a file of any size, of one's own making.</summary>
    /// <exception cref="UnreadableMediaException">It is no WAV of integer or floating-point PCM, is broken, or is longer.</exception>
    public static Sound ReadTrusted(ReadOnlySpan<byte> file, double maximumSeconds)
    {
        if (file.Length < RiffHeader || !file.StartsWith("RIFF"u8) || !file[8..].StartsWith("WAVE"u8))
        {
            throw new UnreadableMediaException("is no sound of a known format; WAV is");
        }

        var (format, data) = FindSamples(file);
        var count = data.Length / format.FrameBytes;
        if (count == 0)
        {
            throw new UnreadableMediaException("holds no samples");
        }

        if (count > maximumSeconds * format.Rate)
        {
            throw new UnreadableMediaException($"{(double)count / format.Rate:N1} seconds; at most {maximumSeconds:N1}");
        }

        return new Sound(WavSamples.Read(data, format, count), format.Rate);
    }

    /// <summary>A WAV of 16 bits; what exceeds [−1, 1] is clipped.</summary>
    public static byte[] Write(Sound sound)
    {
        const int header = RiffHeader + ChunkHeader + 16 + ChunkHeader;
        var bytes = new byte[header + (2 * sound.Samples.Length)];
        var span = bytes.AsSpan();
        "RIFF"u8.CopyTo(span);
        BinaryPrimitives.WriteInt32LittleEndian(span[4..], bytes.Length - ChunkHeader);
        "WAVEfmt "u8.CopyTo(span[8..]);
        BinaryPrimitives.WriteInt32LittleEndian(span[16..], 16);
        BinaryPrimitives.WriteInt16LittleEndian(span[20..], 1);
        BinaryPrimitives.WriteInt16LittleEndian(span[22..], 1);
        BinaryPrimitives.WriteInt32LittleEndian(span[24..], sound.Rate);
        BinaryPrimitives.WriteInt32LittleEndian(span[28..], 2 * sound.Rate);
        BinaryPrimitives.WriteInt16LittleEndian(span[32..], 2);
        BinaryPrimitives.WriteInt16LittleEndian(span[34..], 16);
        "data"u8.CopyTo(span[36..]);
        BinaryPrimitives.WriteInt32LittleEndian(span[40..], 2 * sound.Samples.Length);
        for (var at = 0; at < sound.Samples.Length; at++)
        {
            var level = Math.Clamp(MathF.Round(sound.Samples[at] * 32_768), short.MinValue, short.MaxValue);
            BinaryPrimitives.WriteInt16LittleEndian(span[(header + (2 * at))..], (short)level);
        }

        return bytes;
    }

    private static SampleBytes FindSamples(ReadOnlySpan<byte> file)
    {
        var said = BinaryPrimitives.ReadUInt32LittleEndian(file[4..]);
        if (said < LengthOfPipes && said + ChunkHeader > file.Length)
        {
            throw new UnreadableMediaException($"is truncated: its header says {said + (long)ChunkHeader:N0} bytes, {file.Length:N0} are there");
        }

        WavFormat? format = null;
        for (long at = RiffHeader; at + ChunkHeader <= file.Length;)
        {
            var header = file.Slice((int)at, ChunkHeader);
            var content = file[((int)at + ChunkHeader)..];
            var length = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
            if (header.StartsWith("data"u8))
            {
                return new SampleBytes(
                    format ?? throw new UnreadableMediaException("has samples before their format"), Samples(content, length, format.Value.FrameBytes));
            }

            if (length > content.Length)
            {
                throw new UnreadableMediaException($"is truncated: a part of {length:N0} bytes begins {content.Length:N0} before its end");
            }

            if (header.StartsWith("fmt "u8))
            {
                format = WavFormat.Read(content[..(int)length]);
            }

            // Parts begin at even places.
            at += ChunkHeader + (long)length + (length & 1);
        }

        throw new UnreadableMediaException(format is null ? "has no format" : "has no samples");
    }

    private static ReadOnlySpan<byte> Samples(ReadOnlySpan<byte> content, uint length, int frame)
    {
        if (length >= LengthOfPipes)
        {
            return content;
        }

        return length > content.Length ? throw new UnreadableMediaException($"is truncated: its header says {length:N0} bytes of samples, {content.Length:N0} are there")
            : length % frame != 0 ? throw new UnreadableMediaException($"its {length:N0} bytes of samples are no multiple of {frame}, which its format says a sample of every channel has")
            : content[..(int)length];
    }

    private readonly ref struct SampleBytes(WavFormat format, ReadOnlySpan<byte> data)
    {
        private readonly WavFormat _format = format;
        private readonly ReadOnlySpan<byte> _data = data;

        public void Deconstruct(out WavFormat format, out ReadOnlySpan<byte> data)
        {
            format = _format;
            data = _data;
        }
    }
}
