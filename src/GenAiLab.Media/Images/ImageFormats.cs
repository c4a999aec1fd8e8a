namespace GenAiLab.Media.Images;

/// <summary>Which images are read, told by their first bytes: no other decoder gets to see what callers send.</summary>
public static class ImageFormats
{
    /// <summary>What a caller is told.</summary>
    public const string Names = "PNG, JPEG, WebP, GIF and BMP";

    public static bool IsKnown(ReadOnlySpan<byte> image) =>
        IsJpeg(image)
        || image.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A])
        || (image.StartsWith("RIFF"u8) && image.Length > 12 && image[8..].StartsWith("WEBP"u8))
        || image.StartsWith("GIF87a"u8)
        || image.StartsWith("GIF89a"u8)
        || image.StartsWith("BM"u8);

    public static bool IsJpeg(ReadOnlySpan<byte> image) => image.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]);
}
