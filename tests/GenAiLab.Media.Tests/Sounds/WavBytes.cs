using System.Buffers.Binary;
using System.Text;

namespace GenAiLab.Media.Tests.Sounds;

/// <summary>WAV files written by hand, byte by byte, so that nothing of the reader is taken on trust.</summary>
internal static class WavBytes
{
    private static readonly byte[] SubformatRest = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71];

    /// <summary>A whole file.</summary>
    public static byte[] File(byte[] samples, int tag = 1, int channels = 1, int rate = 16_000, int bits = 16, bool extensible = false, byte[]? before = null)
    {
        byte[] format =
        [
            .. Short(extensible ? 0xFFFE : tag), .. Short(channels), .. Word((uint)rate), .. Word((uint)(rate * channels * bits / 8)), .. Short(channels * bits / 8), .. Short(bits),
            .. extensible ? [.. Short(22), .. Short(bits), .. Word(0), .. Short(tag), .. SubformatRest] : Array.Empty<byte>(),
        ];
        byte[] content = [.. "WAVE"u8, .. before ?? [], .. Chunk("fmt ", format), .. Chunk("data", samples)];
        return [.. "RIFF"u8, .. Word((uint)content.Length), .. content];
    }

    public static byte[] Chunk(string name, byte[] content, uint? length = null) =>
        [.. Encoding.ASCII.GetBytes(name), .. Word(length ?? (uint)content.Length), .. content, .. new byte[content.Length % 2]];

    public static byte[] Short(int value)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)value);
        return bytes;
    }

    public static byte[] Word(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }

    /// <summary>The same file with a 32-bit number at a place.</summary>
    public static byte[] With(byte[] file, int place, uint value)
    {
        byte[] changed = [.. file];
        BinaryPrimitives.WriteUInt32LittleEndian(changed.AsSpan(place), value);
        return changed;
    }
}
