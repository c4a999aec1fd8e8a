using SkiaSharp;

namespace GenAiLab.Media.Images;

/// <summary>A decoded image, upright: pixels of four bytes (red, green, blue, and alpha, which no model sees), row by row.</summary>
public sealed class RgbaImage(SKBitmap bitmap) : IDisposable
{
    public int Width => bitmap.Width;

    public int Height => bitmap.Height;

    public ReadOnlySpan<byte> Pixels => bitmap.GetPixelSpan();

    public void Dispose() => bitmap.Dispose();
}
