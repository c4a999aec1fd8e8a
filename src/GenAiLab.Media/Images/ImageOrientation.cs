using System.Runtime.InteropServices;
using SkiaSharp;

namespace GenAiLab.Media.Images;

/// <summary>Turns photographs upright that a camera stored as its sensor saw them.</summary>
public static class ImageOrientation
{
    /// <summary>The upright image; disposes the one given unless it is upright already.</summary>
    public static SKBitmap Upright(SKBitmap bitmap, SKEncodedOrigin origin)
    {
        if (origin is SKEncodedOrigin.TopLeft or not (>= SKEncodedOrigin.TopLeft and <= SKEncodedOrigin.LeftBottom))
        {
            return bitmap;
        }

        var (width, height) = (bitmap.Width, bitmap.Height);
        var swapped = origin >= SKEncodedOrigin.LeftTop;
        var info = bitmap.Info;
        var upright = new SKBitmap();
        if (!upright.TryAllocPixels(swapped ? info.WithSize(height, width) : info))
        {
            upright.Dispose();
            throw new OutOfMemoryException();
        }

        // A step to the right, and one down, in the source.
        var (right, down, start) = origin switch
        {
            SKEncodedOrigin.TopRight => (-1, width, width - 1),
            SKEncodedOrigin.BottomRight => (-1, -width, (width * height) - 1),
            SKEncodedOrigin.BottomLeft => (1, -width, width * (height - 1)),
            SKEncodedOrigin.LeftTop => (width, 1, 0),
            SKEncodedOrigin.RightTop => (-width, 1, width * (height - 1)),
            SKEncodedOrigin.RightBottom => (-width, -1, (width * height) - 1),
            _ => (width, -1, width - 1),
        };
        var source = MemoryMarshal.Cast<byte, uint>(bitmap.GetPixelSpan());
        var target = MemoryMarshal.Cast<byte, uint>(upright.GetPixelSpan());
        for (var y = 0; y < upright.Height; y++)
        {
            var from = start + (y * down);
            foreach (ref var pixel in target.Slice(y * upright.Width, upright.Width))
            {
                pixel = source[from];
                from += right;
            }
        }

        bitmap.Dispose();
        return upright;
    }
}
