using System.Runtime.InteropServices;
using GenAiLab.Media.Images;
using SkiaSharp;

namespace GenAiLab.Media.Pictures;

/// <summary>Pictures as image files.</summary>
public static class PictureFile
{
    /// <summary>An image file, scaled to a size.</summary>
    /// <exception cref="UnreadableImageException">It cannot be read; limits are those of <see cref="EncodedImage"/>.</exception>
    public static Picture Read(ReadOnlySpan<byte> file, int width, int height, CancellationToken cancellation)
    {
        using var encoded = EncodedImage.Open(file);
        using var image = encoded.Decode();
        var rgba = image.Width == width && image.Height == height
            ? image.Pixels
            : ImageResampler.Resize(image.Pixels, image.Width, image.Height, width, height, ResampleFilter.Bicubic, cancellation);
        var rgb = new byte[3 * width * height];
        for (var at = 0; at < width * height; at++)
        {
            rgba.Slice(4 * at, 3).CopyTo(rgb.AsSpan(3 * at));
        }

        return new Picture(width, height, rgb);
    }

    /// <summary>A PNG of a picture.</summary>
    public static byte[] WritePng(Picture picture)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(picture.Width, picture.Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        var pixels = new byte[4 * picture.Width * picture.Height];
        for (var at = 0; at < picture.Width * picture.Height; at++)
        {
            picture.Rgb.AsSpan(3 * at, 3).CopyTo(pixels.AsSpan(4 * at));
            pixels[(4 * at) + 3] = byte.MaxValue;
        }

        Marshal.Copy(pixels, 0, bitmap.GetPixels(), pixels.Length);
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, quality: 100);
        return data.ToArray();
    }
}
