using System.Buffers.Binary;

namespace GenAiLab.Media.Films;

/// <summary>The chunks of a PNG file: how they are read, checked and written.</summary>
internal static class ApngChunks
{
    /// <summary>What a PNG file begins with.</summary>
    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    private const int Overhead = 12;

    /// <summary>Takes the next chunk off a file.</summary>
    /// <param name="rest">What follows the chunks before; afterwards what follows this one.</param>
    /// <param name="type">Its four letters.</param>
    /// <returns>Its content.</returns>
    /// <exception cref="UnreadableMediaException">It is cut off, or its checksum is wrong.</exception>
    public static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest, out uint type)
    {
        if (rest.Length < Overhead || BinaryPrimitives.ReadUInt32BigEndian(rest) > (uint)(rest.Length - Overhead))
        {
            throw new UnreadableMediaException("is truncated: it ends within a chunk");
        }

        var length = (int)BinaryPrimitives.ReadUInt32BigEndian(rest);
        var named = rest.Slice(4, 4 + length);
        if (PngChecksum.Of(named) != BinaryPrimitives.ReadUInt32BigEndian(rest[(8 + length)..]))
        {
            throw new UnreadableMediaException("is broken: the checksum of a chunk is wrong");
        }

        type = BinaryPrimitives.ReadUInt32BigEndian(named);
        rest = rest[(Overhead + length)..];
        return named[4..];
    }

    /// <summary>Appends a chunk.</summary>
    public static void Write(Stream file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> content)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
        file.Write(number);
        file.Write(type);
        file.Write(content);
        BinaryPrimitives.WriteUInt32BigEndian(number, PngChecksum.Of(type, content));
        file.Write(number);
    }

    /// <summary>A type's letters as <see cref="Take"/> gives them.</summary>
    public static uint Type(ReadOnlySpan<byte> letters) => BinaryPrimitives.ReadUInt32BigEndian(letters);
}
