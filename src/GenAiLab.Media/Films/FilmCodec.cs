using System.Text.Json.Nodes;
using GenAiLab.Media.Pictures;
using GenAiLab.Models.Folders;

namespace GenAiLab.Media.Films;

/// <summary>
/// Film files as codes of patches, frame after frame, each in raster order: a patch is as it was in the frame before, or as a neighbour
/// was (<see cref="PatchMotion"/>), or else a patch of the codebook; where it begins a row, another code says the same, as in
/// <see cref="PictureCodec"/>. A film of another number of frames gives those evenly spread over it; frames of another size are scaled as
/// pictures are. What is written is an APNG that plays for ever.
/// </summary>
/// <param name="patches">The patches of a frame.</param>
/// <param name="frames">Frames of a film.</param>
public sealed class FilmCodec(PatchCodec patches, int frames) : IMediaCodec
{
    /// <summary>What codec.json calls it.</summary>
    public const string FileKind = "film-patches";

    private const int MaximumLengthOfAny = 1 << 16;

    /// <inheritdoc/>
    public MediaKind Kind => MediaKind.Film;

    /// <inheritdoc/>
    public string ContentType => "image/apng";

    /// <inheritdoc/>
    public int CodeCount => 2 * RowCodes;

    /// <inheritdoc/>
    public int MinimumLength => Frames * Patches.Length;

    /// <inheritdoc/>
    public int MaximumLength => MinimumLength;

    /// <summary>The patches of a frame.</summary>
    public PatchCodec Patches { get; } = patches;

    /// <summary>Frames of a film.</summary>
    public int Frames { get; } = frames;

    /// <summary>Reads what <see cref="Settings"/> wrote.</summary>
    /// <exception cref="ModelFolderException">It says what cannot be.</exception>
    public static FilmCodec FromFile(FolderJson file)
    {
        var codec = new FilmCodec(PictureCodec.FromFile(file).Patches, file.Number("frames", 1, EncodedFilm.MaximumFrames));
        return codec.MaximumLength > MaximumLengthOfAny
            ? throw file.Refuse("frames", $"make {codec.MaximumLength:N0} codes of a film; at most {MaximumLengthOfAny:N0}")
            : codec;
    }

    /// <summary>What codec.json says of it.</summary>
    public JsonObject Settings()
    {
        var settings = new PictureCodec(Patches).Settings();
        settings["kind"] = FileKind;
        settings["frames"] = Frames;
        return settings;
    }

    /// <inheritdoc/>
    public int[] Encode(ReadOnlySpan<byte> media, CancellationToken cancellation) =>
        Encode(FilmFile.Read(media, Patches.Width, Patches.Height, Frames, cancellation));

    /// <summary>The codes of frames of the codec's size and number.</summary>
    public int[] Encode(IReadOnlyList<Picture> film)
    {
        var (codes, before) = (new List<int>(MaximumLength), Array.Empty<int>());
        foreach (var frame in film)
        {
            var patches = Patches.Encode(frame);
            for (var at = 0; at < patches.Length; at++)
            {
                var code = PatchMotion.Find(before, patches[at], at, RowLength) is { } motion ? Patches.Codes.Count + motion : patches[at];
                codes.Add(code + (at % RowLength == 0 ? RowCodes : 0));
            }

            before = patches;
        }

        return [.. codes];
    }

    /// <inheritdoc/>
    public byte[] Decode(IReadOnlyList<int> codes) => FilmFile.WriteApng(DecodeFrames(codes));

    /// <summary>
    /// The frames of codes; those that are missing are grey. A mark where no row begins changes nothing. What no film is encoded as is
    /// concealed, as video decoders do: a patch that is as one beyond the border is as the one at the border (H.263, annex D), and one
    /// of the first frame that is as before is as its neighbour to the left, or above.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">A code is none, or there are too many.</exception>
    public IReadOnlyList<Picture> DecodeFrames(IReadOnlyList<int> codes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(codes.Count, MaximumLength);
        var (frames, before) = (new List<Picture>(Frames), Array.Empty<int?>());
        for (var frame = 0; frame < Frames; frame++)
        {
            var patches = new int?[Patches.Length];
            for (var at = 0; at < patches.Length && (frame * Patches.Length) + at < codes.Count; at++)
            {
                patches[at] = Patch(codes[(frame * Patches.Length) + at], patches, before, at);
            }

            frames.Add(Patches.Decode(patches));
            before = patches;
        }

        return frames;
    }

    private int RowLength => Patches.Width / Patches.Patch;

    private int RowCodes => Patches.Codes.Count + PatchMotion.Count;

    private int? Patch(int code, int?[] frame, int?[] before, int at)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(code);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(code, CodeCount);
        var motion = (code % RowCodes) - Patches.Codes.Count;
        return motion < 0 ? code % RowCodes
            : before.Length > 0 ? before[PatchMotion.NearestSource(motion, at, RowLength, before.Length)]
            : at % RowLength > 0 ? frame[at - 1]
            : at > 0 ? frame[at - RowLength] : null;
    }
}
