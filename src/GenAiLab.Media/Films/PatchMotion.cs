namespace GenAiLab.Media.Films;

/// <summary>
/// Where in the frame before a patch comes from: its own place or a neighbour's, as video codecs predict blocks from the frame before
/// (since H.261). Whole patches only, because a code names a patch.
/// </summary>
internal static class PatchMotion
{
    // The first that fits is taken: what stands still is said to stand still.
    private static readonly (int X, int Y)[] Sources = [(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1)];

    /// <summary>How many there are.</summary>
    public static int Count => Sources.Length;

    /// <summary>A motion by which a patch of the frame before is the one looked for; null where there is none.</summary>
    /// <param name="before">Patches of the frame before; empty before the first.</param>
    /// <param name="patch">What is looked for.</param>
    /// <param name="at">Its place, in raster order.</param>
    /// <param name="row">Patches of a row.</param>
    public static int? Find(int[] before, int patch, int at, int row)
    {
        for (var motion = 0; motion < Count; motion++)
        {
            if (Source(motion, at, row, before.Length) is { } source && before[source] == patch)
            {
                return motion;
            }
        }

        return null;
    }

    /// <summary>Where a patch comes from; null outside of the frame.</summary>
    /// <param name="motion">In [0, <see cref="Count"/>).</param>
    /// <param name="at">The patch's place, in raster order.</param>
    /// <param name="row">Patches of a row.</param>
    /// <param name="length">Patches of the frame before; 0 where there is none.</param>
    public static int? Source(int motion, int at, int row, int length)
    {
        var (y, x) = Math.DivRem(at, row);
        (x, y) = (x + Sources[motion].X, y + Sources[motion].Y);
        return x >= 0 && x < row && y >= 0 && y * row < length ? (y * row) + x : null;
    }

    /// <summary>Where a patch comes from, or the place at the border that is nearest to it.</summary>
    /// <inheritdoc cref="Source"/>
    public static int NearestSource(int motion, int at, int row, int length)
    {
        var (y, x) = Math.DivRem(at, row);
        return (Math.Clamp(y + Sources[motion].Y, 0, (length / row) - 1) * row) + Math.Clamp(x + Sources[motion].X, 0, row - 1);
    }
}
