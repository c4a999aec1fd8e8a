using SkiaSharp;

namespace GenAiLab.Media.Images;

/// <summary>
/// An image as a caller sent it, its header read and checked: nothing is allocated by its size before that. Like
/// transformers' <c>load_image</c>, it turns a photograph upright by its EXIF orientation (JPEG and WebP) and drops
/// alpha rather than blending it; colour profiles are not applied. Of animations the first frame is read.
/// </summary>
public sealed class EncodedImage : IDisposable
{
    /// <summary>The largest file, in bytes: what is left of a message with some room for the other fields.</summary>
    public const int MaximumBytes = 4_000_000;

    /// <summary>The most pixels, 32 × 2^20: 128 MiB when decoded.</summary>
    public const int MaximumPixels = 1 << 25;

    /// <summary>The longest side, in pixels.</summary>
    public const int MaximumSide = 16_384;

    // A progressive photograph has about ten scans; at 16 scans of the largest image a decoder takes seconds.
    private const int MaximumScans = 64;
    private const long MaximumScannedPixels = 16L * MaximumPixels;
    private const int LargePixels = 1 << 22;

    private readonly SKData _data;
    private readonly SKCodec _codec;

    private EncodedImage(SKData data, SKCodec codec)
    {
        _data = data;
        _codec = codec;
    }

    /// <summary>Whether it takes so much memory that one at a time is enough.</summary>
    public bool IsLarge => (long)_codec.Info.Width * _codec.Info.Height > LargePixels;

    /// <summary>Reads the header.</summary>
    /// <exception cref="UnreadableImageException">It is empty, too large, of another format or broken.</exception>
    public static EncodedImage Open(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length is 0 or > MaximumBytes)
        {
            throw new UnreadableImageException(bytes.Length == 0 ? "is empty" : $"{bytes.Length:N0} bytes; at most {MaximumBytes:N0}");
        }

        if (!ImageFormats.IsKnown(bytes))
        {
            throw new UnreadableImageException($"is no image of a known format; {ImageFormats.Names} are");
        }

        var data = SKData.CreateCopy(bytes);
        SKCodec? codec = null;
        try
        {
            codec = SKCodec.Create(data) ?? throw new UnreadableImageException("its header cannot be read");
            CheckSize(codec.Info, ImageFormats.IsJpeg(bytes) ? JpegScans.Count(bytes) : 1);
            return new EncodedImage(data, codec);
        }
        catch
        {
            codec?.Dispose();
            data.Dispose();
            throw;
        }
    }

    /// <summary>Decodes it. Takes up to seconds and a third of a gigabyte for the largest images, the decoder's own memory included.</summary>
    /// <exception cref="UnreadableImageException">It is truncated or broken.</exception>
    public RgbaImage Decode()
    {
        // Without a colour space nothing is converted.
        var info = new SKImageInfo(_codec.Info.Width, _codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        var bitmap = new SKBitmap();
        try
        {
            if (!bitmap.TryAllocPixels(info))
            {
                throw new OutOfMemoryException();
            }

            var result = _codec.GetPixels(info, bitmap.GetPixels());
            if (result != SKCodecResult.Success)
            {
                throw new UnreadableImageException(result == SKCodecResult.IncompleteInput ? "is truncated" : "is broken: it cannot be decoded");
            }

            return new RgbaImage(ImageOrientation.Upright(bitmap, _codec.EncodedOrigin));
        }
        catch
        {
            bitmap.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _codec.Dispose();
        _data.Dispose();
    }

    private static void CheckSize(SKImageInfo info, int scans)
    {
        var pixels = (long)info.Width * info.Height;
        if (info.Width is < 1 or > MaximumSide || info.Height is < 1 or > MaximumSide || pixels > MaximumPixels)
        {
            throw new UnreadableImageException($"{info.Width:N0} by {info.Height:N0} pixels; at most {MaximumSide:N0} a side and {MaximumPixels:N0} in all");
        }

        if (scans > MaximumScans || scans * pixels > MaximumScannedPixels)
        {
            throw new UnreadableImageException($"goes over its pixels {scans:N0} times; at most {Math.Min(MaximumScans, MaximumScannedPixels / pixels):N0} at this size");
        }
    }
}
