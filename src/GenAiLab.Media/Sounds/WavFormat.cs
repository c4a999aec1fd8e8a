using System.Buffers.Binary;

namespace GenAiLab.Media.Sounds;

/// <summary>The fmt chunk of a WAV file, checked.</summary>
/// <param name="IsFloat">Whether samples are floating-point rather than integers.</param>
/// <param name="Channels">Channels, interleaved.</param>
/// <param name="Rate">Samples a second of each channel.</param>
/// <param name="Bits">Of a sample: 8, 16, 24, 32, or 64.</param>
internal readonly record struct WavFormat(bool IsFloat, int Channels, int Rate, int Bits)
{
    private const int Length = 16;
    private const int ExtensibleLength = 40;
    private const int PcmTag = 1;
    private const int FloatTag = 3;
    private const int ExtensibleTag = 0xFFFE;

    // KSDATAFORMAT_SUBTYPE_…: the tag in the first two bytes, and the same rest for all.
    private static ReadOnlySpan<byte> SubformatRest => [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71];

    /// <summary>Bytes of one sample of every channel.</summary>
    public int FrameBytes => Channels * (Bits / 8);

    /// <summary>Reads the chunk's content.</summary>
    /// <exception cref="UnreadableMediaException">It is too short, or says what is not read.</exception>
    public static WavFormat Read(ReadOnlySpan<byte> chunk)
    {
        if (chunk.Length < Length)
        {
            throw new UnreadableMediaException($"its format has {chunk.Length} bytes; at least {Length} are needed");
        }

        var tag = (int)BinaryPrimitives.ReadUInt16LittleEndian(chunk);
        var (channels, rate) = (BinaryPrimitives.ReadUInt16LittleEndian(chunk[2..]), BinaryPrimitives.ReadUInt32LittleEndian(chunk[4..]));
        var (frame, bits) = (BinaryPrimitives.ReadUInt16LittleEndian(chunk[12..]), BinaryPrimitives.ReadUInt16LittleEndian(chunk[14..]));
        if (tag == ExtensibleTag)
        {
            tag = chunk.Length >= ExtensibleLength && chunk[26..ExtensibleLength].SequenceEqual(SubformatRest)
                ? BinaryPrimitives.ReadUInt16LittleEndian(chunk[24..])
                : throw new UnreadableMediaException("its extensible format names no known subformat");
        }

        if (!IsRead(tag, bits))
        {
            throw new UnreadableMediaException($"format {tag} of {bits} bits; PCM of 8, 16, 24 or 32 bits and floats of 32 or 64 are read");
        }

        if (channels is < 1 or > WavFile.MaximumChannels)
        {
            throw new UnreadableMediaException($"{channels:N0} channels; 1 to {WavFile.MaximumChannels} are read");
        }

        if (rate is < WavFile.LowestRate or > WavFile.HighestRate)
        {
            throw new UnreadableMediaException($"{rate:N0} samples a second; {WavFile.LowestRate:N0} to {WavFile.HighestRate:N0} are read");
        }

        var format = new WavFormat(tag == FloatTag, channels, (int)rate, bits);
        return frame == format.FrameBytes
            ? format
            : throw new UnreadableMediaException($"its format says {frame} bytes for {channels} channels of {bits} bits, which are {format.FrameBytes}");
    }

    private static bool IsRead(int tag, int bits) => tag switch
    {
        PcmTag => bits is 8 or 16 or 24 or 32,
        FloatTag => bits is 32 or 64,
        _ => false,
    };
}
