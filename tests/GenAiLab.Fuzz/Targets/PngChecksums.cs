using System.Buffers.Binary;
using GenAiLab.Media.Films;

namespace GenAiLab.Fuzz.Targets;

/// <summary>
/// Makes the checksums of a PNG's chunks those of what is in them (PNG, third edition, section 5.3): a fuzzer finds no
/// sum of 32 bits by chance, and every change would end at the first of them.
/// </summary>
internal static class PngChecksums
{
    private const int Signature = 8;
    private const int Around = 12;

    /// <summary>A copy; of what is no PNG, as it is.</summary>
    public static byte[] Mend(byte[] file)
    {
        if (!file.AsSpan().StartsWith((ReadOnlySpan<byte>)[0x89, 0x50, 0x4E, 0x47]))
        {
            return file;
        }

        var mended = file.ToArray();
        for (var at = Signature; at + Around <= mended.Length;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(mended.AsSpan(at));
            if (length < 0 || length > mended.Length - at - Around)
            {
                break;
            }

            BinaryPrimitives.WriteUInt32BigEndian(mended.AsSpan(at + 8 + length), PngChecksum.Of(mended.AsSpan(at + 4, length + 4)));
            at += Around + length;
        }

        return mended;
    }
}
