using System.Text.Json.Nodes;
using GenAiLab.Media.Images;
using GenAiLab.Models.Folders;

namespace GenAiLab.Media.Pictures;

/// <summary>
/// Image files as codes of patches. An image of another size is scaled to the codec's with Pillow's bicubic filter, whatever its
/// proportions; what is written is a PNG.
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
    public int CodeCount => Patches.Codes.Count;

    /// <inheritdoc/>
    public int MinimumLength => Patches.Length;

    /// <inheritdoc/>
    public int MaximumLength => Patches.Length;

    /// <summary>The patches.</summary>
    public PatchCodec Patches { get; } = patches;

    /// <summary>Reads what <see cref="Settings"/> wrote.</summary>
    /// <exception cref="ModelFolderException">It says what cannot be.</exception>
    public static PictureCodec Read(FolderJson file)
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
    public int[] Encode(ReadOnlySpan<byte> media, CancellationToken cancellation) => Patches.Encode(PictureFile.Read(media, Patches.Width, Patches.Height, cancellation));

    /// <inheritdoc/>
    public byte[] Decode(IReadOnlyList<int> codes) => PictureFile.WritePng(Patches.Decode(codes));
}
