using System.Text.Json.Nodes;
using GenAiLab.Media.Images;
using GenAiLab.Models.Folders;

namespace GenAiLab.Media.Pictures;

/// <summary>
/// Image files as codes of patches in raster order: a patch's number in the codebook, and where it begins a row, that and the
/// codebook's size, so that a model which reads one code after the other can see where it is in a row. An image of another size is
/// scaled to the codec's with Pillow's bicubic filter, whatever its proportions; what is written is a PNG.
/// </summary>
/// <param name="patches">The patches.</param>
public sealed class PictureCodec(PatchCodec patches) : IMediaCodec
{
    /// <summary>What codec.json calls it.</summary>
    public const string FileKind = "picture-patches";

    private const int MaximumSide = 1_024;
    private const int MaximumPatch = 16;
    private const int MaximumCodeBytes = 4 * 1024 * 1024;

    /// <inheritdoc/>
    public MediaKind Kind => MediaKind.Picture;

    /// <inheritdoc/>
    public string ContentType => "image/png";

    /// <inheritdoc/>
    public int CodeCount => 2 * Patches.Codes.Count;

    /// <inheritdoc/>
    public int MinimumLength => Patches.Length;

    /// <inheritdoc/>
    public int MaximumLength => Patches.Length;

    /// <summary>The patches.</summary>
    public PatchCodec Patches { get; } = patches;

    /// <summary>Reads what <see cref="Settings"/> wrote.</summary>
    /// <exception cref="ModelFolderException">It says what cannot be.</exception>
    public static PictureCodec FromFile(FolderJson file)
    {
        var (width, height, patch) = (file.Number("width", 1, MaximumSide), file.Number("height", 1, MaximumSide), file.Number("patch", 1, MaximumPatch));
        if (width % patch != 0 || height % patch != 0)
        {
            throw file.Refuse("patch", $"of {patch} pixels does not divide {width} × {height}");
        }

        var (codes, size) = (file.Bytes("codes", MaximumCodeBytes), 3 * patch * patch);
        return codes.Length == 0 || codes.Length % size != 0
            ? throw file.Refuse("codes", $"must be patches of {size} bytes")
            : new PictureCodec(new PatchCodec(width, height, patch, [.. codes.Chunk(size)]));
    }

    /// <summary>What codec.json says of it.</summary>
    public JsonObject Settings() => new()
    {
        ["kind"] = FileKind,
        ["width"] = Patches.Width,
        ["height"] = Patches.Height,
        ["patch"] = Patches.Patch,
        ["codes"] = Convert.ToBase64String([.. Patches.Codes.SelectMany(static code => code)]),
    };

    /// <inheritdoc/>
    public int[] Encode(ReadOnlySpan<byte> media, CancellationToken cancellation) => Encode(PictureFile.Read(media, Patches.Width, Patches.Height, cancellation));

    /// <summary>The codes of a picture of the codec's size.</summary>
    public int[] Encode(Picture picture)
    {
        var (codes, row) = (Patches.Encode(picture), Patches.Width / Patches.Patch);
        for (var at = 0; at < codes.Length; at += row)
        {
            codes[at] += Patches.Codes.Count;
        }

        return codes;
    }

    /// <inheritdoc/>
    public byte[] Decode(IReadOnlyList<int> codes) => PictureFile.WritePng(Read(codes));

    /// <summary>The picture of codes; the rest of one that is not whole is grey. A mark where no row begins changes nothing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A code is none, or there are too many.</exception>
    public Picture Read(IReadOnlyList<int> codes)
    {
        var patches = new int[codes.Count];
        for (var at = 0; at < patches.Length; at++)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(codes[at]);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(codes[at], CodeCount);
            patches[at] = codes[at] % Patches.Codes.Count;
        }

        return Patches.Decode(patches);
    }
}
