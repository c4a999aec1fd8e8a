using System.Buffers.Binary;

namespace GenAiLab.Classifier.Tests.Images;

/// <summary>Makes the chunks of a damaged PNG pass for whole.</summary>
internal static class PngChecksums
{
    public static void Mend(Span<byte> png)
    {
        for (var rest = png.Length > 8 ? png[8..] : []; rest.Length >= 12;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(rest);
            if (length > rest.Length - 12)
            {
                return;
            }

            BinaryPrimitives.WriteUInt32BigEndian(rest[(8 + (int)length)..], Checksum(rest.Slice(4, 4 + (int)length)));
            rest = rest[(12 + (int)length)..];
        }
    }

    // CRC-32, bit by bit.
    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var checksum = uint.MaxValue;
        foreach (var value in bytes)
        {
            checksum ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                checksum = (checksum >> 1) ^ ((checksum & 1) * 0xEDB88320);
            }
        }

        return ~checksum;
    }
}
