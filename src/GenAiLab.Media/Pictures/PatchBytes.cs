using System.Diagnostics.CodeAnalysis;

namespace GenAiLab.Media.Pictures;

/// <summary>The bytes of one patch of a picture.</summary>
internal static class PatchBytes
{
    /// <summary>Compares patches by content.</summary>
    public static IEqualityComparer<byte[]> Comparer { get; } = new Contents();

    /// <summary>Red, green and blue of the patch's pixels, row by row; patches are counted in raster order.</summary>
    public static byte[] Read(Picture picture, int patch, int index)
    {
        var bytes = new byte[3 * patch * patch];
        for (var row = 0; row < patch; row++)
        {
            picture.Rgb.AsSpan(Offset(picture, patch, index, row), 3 * patch).CopyTo(bytes.AsSpan(3 * patch * row));
        }

        return bytes;
    }

    /// <summary>Puts a patch in its place.</summary>
    public static void Write(Picture picture, int patch, int index, ReadOnlySpan<byte> bytes)
    {
        for (var row = 0; row < patch; row++)
        {
            bytes.Slice(3 * patch * row, 3 * patch).CopyTo(picture.Rgb.AsSpan(Offset(picture, patch, index, row)));
        }
    }

    private static int Offset(Picture picture, int patch, int index, int row)
    {
        var (down, across) = Math.DivRem(index, picture.Width / patch);
        return 3 * ((((down * patch) + row) * picture.Width) + (across * patch));
    }

    private sealed class Contents : IEqualityComparer<byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode([DisallowNull] byte[] bytes)
        {
            var hash = new HashCode();
            hash.AddBytes(bytes);
            return hash.ToHashCode();
        }
    }
}
