using System.Text.Json.Nodes;
using GenAiLab.Media.Pictures;
using GenAiLab.Models.Folders;

namespace GenAiLab.Media.Films;

/// <summary>
/// Film files as codes of patches, frame after frame. A film of another number of frames gives those evenly spread over it; frames of
/// another size are scaled as pictures are. What is written is an APNG that plays for ever.
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
    public int CodeCount => Patches.Codes.Count;

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
    public int[] Encode(IReadOnlyList<Picture> film) => [.. film.SelectMany(Patches.Encode)];

    /// <inheritdoc/>
    public byte[] Decode(IReadOnlyList<int> codes) => FilmFile.WriteApng(DecodeFrames(codes));

    /// <summary>The frames of codes; those that are missing are grey.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A code is none of the codebook, or there are too many.</exception>
    public IReadOnlyList<Picture> DecodeFrames(IReadOnlyList<int> codes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(codes.Count, MaximumLength);
        return [.. Enumerable.Range(0, Frames).Select(frame => Patches.Decode([.. codes.Skip(frame * Patches.Length).Take(Patches.Length)]))];
    }
}
