using System.Buffers.Binary;
using System.Text;
using GenAiLab.Media.Pictures;

namespace GenAiLab.Media.Tests.Films;

/// <summary>Film files, whole and tampered with.</summary>
internal static class TestFilms
{
    private const int SignatureLength = 8;
    private const int LongestRun = 100;

    /// <summary>A GIF of frames of at most 127 colours together; each frame is of the film's size.</summary>
    public static byte[] Gif(IReadOnlyList<Picture> frames)
    {
        var colours = new Dictionary<(byte, byte, byte), byte>();
        var images = frames.Select(frame => Enumerable.Range(0, frame.Width * frame.Height).Select(at => Index(frame.Rgb.AsSpan(3 * at, 3))).ToArray()).ToList();
        List<byte> file = [.. "GIF89a"u8, .. Word(frames[0].Width), .. Word(frames[0].Height), 0xF6, 0, 0];
        foreach (var (red, green, blue) in colours.Keys)
        {
            file.AddRange([red, green, blue]);
        }

        file.AddRange(new byte[3 * (128 - colours.Count)]);
        foreach (var image in images)
        {
            file.AddRange([0x21, 0xF9, 4, 0, 12, 0, 0, 0, 0x2C, 0, 0, 0, 0, .. Word(frames[0].Width), .. Word(frames[0].Height), 0, 7]);

            // Codes of 8 bits: cleared before the table would need a ninth.
            foreach (var run in image.Chunk(LongestRun))
            {
                file.AddRange([(byte)(run.Length + 1), 0x80, .. run]);
            }

            file.AddRange([1, 0x81, 0]);
        }

        return [.. file, 0x3B];

        byte Index(ReadOnlySpan<byte> rgb)
        {
            var colour = (rgb[0], rgb[1], rgb[2]);
            colours.TryAdd(colour, (byte)colours.Count);
            return colours[colour];
        }

        static byte[] Word(int value) => [(byte)value, (byte)(value >> 8)];
    }

    /// <summary>The chunks of a PNG file; of a damaged one as many as can be told.</summary>
    public static List<(string Type, byte[] Content)> Chunks(byte[] file)
    {
        var chunks = new List<(string, byte[])>();
        for (var at = SignatureLength; at + 12 <= file.Length;)
        {
            var length = (int)Math.Min(BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at)), (uint)(file.Length - at - 12));
            chunks.Add((Encoding.Latin1.GetString(file, at + 4, 4), file[(at + 8)..(at + 8 + length)]));
            at += 12 + length;
        }

        return chunks;
    }

    /// <summary>A PNG file of chunks, with the checksums that belong to them.</summary>
    public static byte[] Png(IEnumerable<(string Type, byte[] Content)> chunks) =>
    [
        0x89, .. "PNG\r\n"u8, 0x1A, (byte)'\n',
        .. chunks.SelectMany(static chunk =>
        {
            byte[] named = [.. Encoding.Latin1.GetBytes(chunk.Type), .. chunk.Content];
            return (byte[])[.. Number(chunk.Content.Length), .. named, .. Number((int)Mutation.Checksum(named))];
        }),
    ];

    /// <summary>A frame's description.</summary>
    public static (string Type, byte[] Content) Control(int sequence, int width, int height, int x = 0, int y = 0, byte disposal = 0, byte blend = 0) =>
        ("fcTL", [.. Number(sequence), .. Number(width), .. Number(height), .. Number(x), .. Number(y), 0, 120, 3, 232, disposal, blend]);

    /// <summary>Four bytes, the highest first.</summary>
    public static byte[] Number(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }
}
