namespace GenAiLab.Media;

/// <summary>
/// Encoded media (a PNG, a WAV, an APNG) as sequences of codes and back, so that a decoder of tokens can read and write them.
/// Pure, immutable, thread-safe.
/// </summary>
public interface IMediaCodec
{
    /// <summary>What it takes.</summary>
    MediaKind Kind { get; }

    /// <summary>The media type of what <see cref="Decode"/> writes.</summary>
    string ContentType { get; }

    /// <summary>How many codes there are: each is in [0, this).</summary>
    int CodeCount { get; }

    /// <summary>Codes of the shortest medium that is complete.</summary>
    int MinimumLength { get; }

    /// <summary>Codes of the longest. Where it is <see cref="MinimumLength"/>, a medium needs no code that ends it.</summary>
    int MaximumLength { get; }

    /// <summary>The codes of an encoded medium, scaled to what the codec takes.</summary>
    /// <param name="media">A hostile file.</param>
    /// <param name="cancellation">Interrupts.</param>
    /// <exception cref="UnreadableMediaException">It cannot be read, or is larger than the codec takes.</exception>
    int[] Encode(ReadOnlySpan<byte> media, CancellationToken cancellation);

    /// <summary>The medium of codes. Fewer than <see cref="MinimumLength"/> give one that is not complete: what is missing is grey, or silent.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A code is none, or there are more than <see cref="MaximumLength"/>.</exception>
    byte[] Decode(IReadOnlyList<int> codes);
}
