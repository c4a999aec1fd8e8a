using System.Buffers.Binary;
using GenAiLab.Media.Images;
using SkiaSharp;

namespace GenAiLab.Classifier.Tests.Images;

/// <summary>Small encoded images.</summary>
internal static class TestImages
{
    /// <summary>The pixels of a made-up picture: red, green and blue of the pixel at x and y.</summary>
    public static (byte Red, byte Green, byte Blue) Pixel(int x, int y) => ((byte)(x * 5), (byte)(y * 7), (byte)((x * y) + 40));

    public static byte[] Png(int width, int height) => Encode(width, height, SKEncodedImageFormat.Png);

    public static byte[] Encode(int width, int height, SKEncodedImageFormat format)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        var pixels = bitmap.GetPixelSpan();
        for (var at = 0; at < width * height; at++)
        {
            (pixels[4 * at], pixels[(4 * at) + 1], pixels[(4 * at) + 2]) = Pixel(at % width, at / width);
            pixels[(4 * at) + 3] = 255;
        }

        using var data = bitmap.Encode(format, 90);
        return data.ToArray();
    }

    /// <summary>One of every format that is read.</summary>
    public static IReadOnlyList<byte[]> OfEveryFormat() =>
    [
        Png(40, 30), Encode(40, 30, SKEncodedImageFormat.Jpeg), Encode(40, 30, SKEncodedImageFormat.Webp), Bitmap(40, 30), Gif(),
    ];

    /// <summary>A BMP of 24 bits; its pixels need not follow the header.</summary>
    public static byte[] Bitmap(int width, int height, bool pixels = true)
    {
        var row = ((width * 3) + 3) / 4 * 4;
        var bytes = new byte[54 + (pixels ? row * height : 0)];
        "BM"u8.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(2), bytes.Length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(10), 54);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(14), 40);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(18), width);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(22), height);
        bytes[26] = 1;
        bytes[28] = 24;
        for (var y = 0; pixels && y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var (red, green, blue) = Pixel(x, y);
                ReadOnlySpan<byte> pixel = [blue, green, red];
                pixel.CopyTo(bytes.AsSpan(54 + ((height - 1 - y) * row) + (x * 3)));
            }
        }

        return bytes;
    }

    /// <summary>A GIF of 3 by 5 pixels and two colours.</summary>
    public static byte[] Gif() =>
    [
        .. "GIF89a"u8, 3, 0, 5, 0, 0x80, 0, 0, 255, 0, 0, 0, 0, 255, 0x2C, 0, 0, 0, 0, 3, 0, 5, 0, 0,
        2, 6, 0x84, 0x03, 0x81, 0x9A, 0x06, 0x05, 0, 0x3B,
    ];

    /// <summary>A progressive JPEG whose first scan is there once for every number.</summary>
    /// <param name="scans">How often.</param>
    public static byte[] JpegOfScans(int scans)
    {
        var jpeg = Encode(40, 30, SKEncodedImageFormat.Jpeg);
        var scan = jpeg.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xDA]);
        return [.. jpeg[..scan], .. Enumerable.Repeat(jpeg[scan..^2], scans).SelectMany(static bytes => bytes), 0xFF, 0xD9];
    }
}
