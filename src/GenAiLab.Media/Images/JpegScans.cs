using System.Buffers.Binary;

namespace GenAiLab.Media.Images;

/// <summary>
/// Counts the scans of a JPEG. Each goes over the whole image again and may take a few bytes only: a small file could
/// keep a core busy for minutes. Photographs have one, progressive ones about ten.
/// </summary>
public static class JpegScans
{
    private const byte EndOfImage = 0xD9;
    private const byte StartOfScan = 0xDA;

    /// <summary>The scans up to the image's end, or to where it is broken.</summary>
    /// <param name="image">Begins with the marker of a JPEG.</param>
    public static int Count(ReadOnlySpan<byte> image)
    {
        var scans = 0;
        for (var rest = image[2..]; ;)
        {
            var at = rest.IndexOf((byte)0xFF);
            if (at < 0 || at + 1 >= rest.Length || rest[at + 1] == EndOfImage)
            {
                return scans;
            }

            var marker = rest[at + 1];
            // Within a scan's data: 0xFF itself, and the markers between its parts. Before a marker: padding.
            if (marker is 0 or 1 or 0xFF or (>= 0xD0 and <= 0xD7))
            {
                rest = rest[(marker == 0xFF ? at + 1 : at + 2)..];
                continue;
            }

            scans += marker == StartOfScan ? 1 : 0;
            if (at + 4 > rest.Length || at + 2 + BinaryPrimitives.ReadUInt16BigEndian(rest[(at + 2)..]) is var next && next > rest.Length)
            {
                return scans;
            }

            rest = rest[next..];
        }
    }
}
