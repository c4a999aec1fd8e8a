using System.Buffers.Binary;
using System.IO.Compression;

namespace GenAiLab.Media.Tests.Pictures;

/// <summary>PNG files of any depth and colour model (PNG specification, third edition, section 11.2).</summary>
internal static class TestPng
{
    /// <summary>A file of one colour: half the largest value in every channel, or entry 1 of a palette of three.</summary>
    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    /// <param name="depth">Bits of a channel.</param>
    /// <param name="colours">0 grey, 2 colours, 3 palette, 4 grey with alpha, 6 colours with alpha.</param>
    public static byte[] Of(int width, int height, int depth, int colours)
    {
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = ((byte)depth, (byte)colours);
        var channels = colours switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 };
        var row = new byte[1 + (((width * channels * depth) + 7) / 8)];
        row.AsSpan(1).Fill(colours == 3 ? (byte)1 : (byte)0x80);
        using var packed = new MemoryStream();
        using (var deflate = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            for (var y = 0; y < height; y++)
            {
                deflate.Write(row);
            }
        }

        byte[] palette = colours == 3 ? Chunk("PLTE"u8, [0, 0, 0, 128, 128, 128, 255, 255, 255]) : [];
        return [0x89, .. "PNG\r\n"u8, 0x1A, (byte)'\n', .. Chunk("IHDR"u8, header), .. palette, .. Chunk("IDAT"u8, packed.ToArray()), .. Chunk("IEND"u8, [])];
    }

    private static byte[] Chunk(ReadOnlySpan<byte> type, byte[] content)
    {
        var chunk = new byte[12 + content.Length];
        BinaryPrimitives.WriteInt32BigEndian(chunk, content.Length);
        type.CopyTo(chunk.AsSpan(4));
        content.CopyTo(chunk, 8);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + content.Length), Mutation.Checksum(chunk.AsSpan(4, 4 + content.Length)));
        return chunk;
    }
}
