using GenAiLab.Media.Images;

namespace GenAiLab.Media.Films;

/// <summary>
/// A film as a caller sent it, an APNG or a GIF, its frames counted and checked: nothing is allocated by its size before that. Pixels
/// that stay transparent are as their colour says, black mostly: alpha is dropped, as of images.
/// </summary>
public abstract class EncodedFilm : IDisposable
{
    /// <summary>What a caller is told.</summary>
    public const string FormatNames = "APNG and GIF";

    /// <summary>The most frames.</summary>
    public const int MaximumFrames = 256;

    /// <summary>The most pixels of all frames together, as they are shown: as many as of an image.</summary>
    public const int MaximumPixels = EncodedImage.MaximumPixels;

    private const int LargePixels = 1 << 22;

    private protected EncodedFilm()
    {
    }

    /// <summary>Columns, in pixels.</summary>
    public int Width { get; private protected set; }

    /// <summary>Rows.</summary>
    public int Height { get; private protected set; }

    /// <summary>Number of frames.</summary>
    public int FrameCount { get; private protected set; }

    /// <summary>Whether it takes so much time and memory that one at a time is enough.</summary>
    public bool IsLarge => (long)Width * Height * FrameCount > LargePixels;

    /// <summary>Reads everything but the pixels.</summary>
    /// <exception cref="UnreadableMediaException">It is empty, too large, of another format, a still PNG, truncated or broken.</exception>
    public static EncodedFilm Open(ReadOnlySpan<byte> file) =>
        file.Length is 0 or > EncodedImage.MaximumBytes
            ? throw new UnreadableMediaException(file.Length == 0 ? "is empty" : $"{file.Length:N0} bytes; at most {EncodedImage.MaximumBytes:N0}")
            : file.StartsWith(ApngChunks.Signature) ? new ApngFilm(file)
            : file.StartsWith("GIF87a"u8) || file.StartsWith("GIF89a"u8) ? new GifFilm(file)
            : throw new UnreadableMediaException($"is no film of a known format; {FormatNames} are");

    /// <summary>Some of the frames, evenly spread from the first to the last; of fewer than that, each several times.</summary>
    /// <param name="count">How many; at least 1.</param>
    /// <param name="cancellation">Interrupts between two frames.</param>
    /// <exception cref="UnreadableMediaException">While they are read: a frame is truncated or broken.</exception>
    public IEnumerable<FilmFrame> Frames(int count, CancellationToken cancellation)
    {
        var next = 0;
        foreach (var (at, frame) in Decode(cancellation).Index())
        {
            for (; next < count && Chosen(next, count) == at; next++)
            {
                yield return frame;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Every frame as it is shown, in order.</summary>
    protected abstract IEnumerable<FilmFrame> Decode(CancellationToken cancellation);

    /// <summary>Gives back what is no managed memory.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }

    /// <summary>Refuses what is too large, or has no pixels.</summary>
    private protected static void CheckSize(long width, long height, long frames)
    {
        if (width is < 1 or > EncodedImage.MaximumSide || height is < 1 or > EncodedImage.MaximumSide || frames < 1 || frames > MaximumFrames || width * height * frames > MaximumPixels)
        {
            throw new UnreadableMediaException(
                $"{frames:N0} frames of {width:N0} by {height:N0} pixels; 1 to {MaximumFrames}, at most {EncodedImage.MaximumSide:N0} a side and {MaximumPixels:N0} pixels in all");
        }
    }

    // Rounded to the nearest; of a single one the first.
    private int Chosen(int at, int count) => count == 1 ? 0 : ((2 * at * (FrameCount - 1)) + count - 1) / (2 * (count - 1));
}
