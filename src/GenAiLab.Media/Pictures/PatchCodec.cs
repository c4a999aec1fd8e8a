namespace GenAiLab.Media.Pictures;

/// <summary>
/// Pictures as sequences of codes and back: each patch of pixels, in raster order, is the number of the nearest patch of a codebook
/// (vector quantisation; Gray 1984). Immutable.
/// </summary>
public sealed class PatchCodec
{
    private readonly byte[][] _codes;
    private readonly Dictionary<byte[], int> _exact;

    /// <param name="width">Pixels of a picture's row; a multiple of <paramref name="patch"/>.</param>
    /// <param name="height">Rows of a picture; a multiple of <paramref name="patch"/>.</param>
    /// <param name="patch">Pixels of a patch's side.</param>
    /// <param name="codes">The patches, each red, green and blue of its pixels, row by row.</param>
    /// <exception cref="ArgumentException">The sizes do not go together.</exception>
    public PatchCodec(int width, int height, int patch, IReadOnlyList<byte[]> codes)
    {
        if (patch < 1 || width < patch || height < patch || width % patch != 0 || height % patch != 0)
        {
            throw new ArgumentException($"{width} × {height} pixels are not made of patches of {patch}", nameof(patch));
        }

        if (codes.Count == 0 || codes.Any(code => code.Length != 3 * patch * patch))
        {
            throw new ArgumentException("a code is not a patch", nameof(codes));
        }

        (Width, Height, Patch) = (width, height, patch);
        _codes = [.. codes];
        _exact = new Dictionary<byte[], int>(PatchBytes.Comparer);
        for (var code = 0; code < _codes.Length; code++)
        {
            _exact.TryAdd(_codes[code], code);
        }
    }

    /// <summary>Pixels of a picture's row.</summary>
    public int Width { get; }

    /// <summary>Rows of a picture.</summary>
    public int Height { get; }

    /// <summary>Pixels of a patch's side.</summary>
    public int Patch { get; }

    /// <summary>The codebook.</summary>
    public IReadOnlyList<byte[]> Codes => _codes;

    /// <summary>Codes of a picture.</summary>
    public int Length => Width / Patch * (Height / Patch);

    /// <summary>A codebook of the patches that occur most often; equal counts in order of their bytes, so that the same pictures give the same codes.</summary>
    public static PatchCodec Learn(IEnumerable<Picture> pictures, int patch, int codes)
    {
        var counts = new Dictionary<byte[], int>(PatchBytes.Comparer);
        var (width, height) = (0, 0);
        foreach (var picture in pictures)
        {
            (width, height) = (picture.Width, picture.Height);
            for (var at = 0; at < width / patch * (height / patch); at++)
            {
                var bytes = PatchBytes.Read(picture, patch, at);
                counts[bytes] = counts.GetValueOrDefault(bytes) + 1;
            }
        }

        return new PatchCodec(width, height, patch, [.. counts
            .OrderByDescending(static pair => pair.Value).ThenBy(static pair => Convert.ToHexString(pair.Key), StringComparer.Ordinal)
            .Take(codes).Select(static pair => pair.Key)]);
    }

    /// <summary>The codes of a picture of this size, in raster order.</summary>
    /// <exception cref="ArgumentException">It has another size.</exception>
    public int[] Encode(Picture picture)
    {
        if (picture.Width != Width || picture.Height != Height)
        {
            throw new ArgumentException($"{picture.Width} × {picture.Height} pixels; the codec takes {Width} × {Height}", nameof(picture));
        }

        var codes = new int[Length];
        for (var at = 0; at < codes.Length; at++)
        {
            var bytes = PatchBytes.Read(picture, Patch, at);
            codes[at] = _exact.TryGetValue(bytes, out var exact) ? exact : Nearest(bytes);
        }

        return codes;
    }

    /// <summary>The picture of codes in raster order; where they end, the rest is grey.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A code is none of the codebook, or there are too many.</exception>
    public Picture Decode(IReadOnlyList<int> codes) => Decode([.. codes.Select(static code => (int?)code)]);

    /// <summary>The same, in which a patch may be missing: null, and grey.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A code is none of the codebook, or there are too many.</exception>
    public Picture Decode(int?[] codes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(codes.Length, Length);
        var picture = new Picture(Width, Height, new byte[3 * Width * Height]);
        picture.Rgb.AsSpan().Fill(128);
        for (var at = 0; at < codes.Length; at++)
        {
            if (codes[at] is { } code)
            {
                ArgumentOutOfRangeException.ThrowIfNegative(code);
                ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(code, _codes.Length);
                PatchBytes.Write(picture, Patch, at, _codes[code]);
            }
        }

        return picture;
    }

    private int Nearest(byte[] patch)
    {
        var (best, least) = (0, int.MaxValue);
        for (var code = 0; code < _codes.Length; code++)
        {
            var distance = 0;
            for (var at = 0; at < patch.Length && distance < least; at++)
            {
                var difference = patch[at] - _codes[code][at];
                distance += difference * difference;
            }

            (best, least) = distance < least ? (code, distance) : (best, least);
        }

        return best;
    }
}
