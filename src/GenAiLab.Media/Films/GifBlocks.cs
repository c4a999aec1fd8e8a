using System.Buffers.Binary;

namespace GenAiLab.Media.Films;

/// <summary>The blocks of a GIF file (GIF89a, §17 to 27), only as far as to count its frames before anything is decoded.</summary>
internal static class GifBlocks
{
    private const int HeaderLength = 13;
    private const int DescriptorLength = 10;

    /// <summary>Columns of the screen, in pixels.</summary>
    public static int Width(ReadOnlySpan<byte> file) => Word(file, 6);

    /// <summary>Rows of the screen.</summary>
    public static int Height(ReadOnlySpan<byte> file) => Word(file, 8);

    /// <summary>Frames that begin in the file; where it is cut off or broken, those before.</summary>
    public static int CountFrames(ReadOnlySpan<byte> file)
    {
        var (frames, at) = (0, HeaderLength + (file.Length > 10 ? Table(file[10]) : 0));
        while (at < file.Length)
        {
            switch (file[at])
            {
                case (byte)',' when at + DescriptorLength < file.Length:
                    frames++;
                    at = Skip(file, at + DescriptorLength + Table(file[at + DescriptorLength - 1]) + 1);
                    break;
                case (byte)'!':
                    at = Skip(file, at + 2);
                    break;
                default:
                    return frames;
            }
        }

        return frames;
    }

    private static int Word(ReadOnlySpan<byte> file, int at) =>
        file.Length >= HeaderLength ? BinaryPrimitives.ReadUInt16LittleEndian(file[at..]) : throw new UnreadableMediaException("is truncated");

    // Behind sub-blocks, the last of which is empty.
    private static int Skip(ReadOnlySpan<byte> file, int at)
    {
        while (at < file.Length && file[at] > 0)
        {
            at += 1 + file[at];
        }

        return at + 1;
    }

    private static int Table(byte flags) => (flags & 0x80) == 0 ? 0 : 3 << ((flags & 7) + 1);
}
