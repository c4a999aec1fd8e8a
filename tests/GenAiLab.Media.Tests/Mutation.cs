namespace GenAiLab.Media.Tests;

/// <summary>Damages files as transfers and ill will do.</summary>
internal static class Mutation
{
    /// <summary>Another file: bits flipped, bytes replaced, a part cut out, doubled or cut off.</summary>
    public static byte[] Of(byte[] file, Random random)
    {
        List<byte> bytes = [.. file];
        for (var change = random.Next(1, 5); change > 0 && bytes.Count > 1; change--)
        {
            var at = random.Next(bytes.Count);
            var length = Math.Min(random.Next(1, 64), bytes.Count - at);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.RemoveRange(at, length);
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                case 4:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                default:
                    // Lengths and counts are mostly in the first hundred bytes.
                    bytes[random.Next(Math.Min(100, bytes.Count))] = random.Next(2) == 0 ? (byte)0 : byte.MaxValue;
                    break;
            }
        }

        return [.. bytes];
    }

    /// <summary>CRC-32 of a PNG's chunk (ISO 3309).</summary>
    public static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0xEDB88320;
            }
        }

        return ~crc;
    }
}
