using GenAiLab.Media.Films;
using GenAiLab.Media.Pictures;
using GenAiLab.Training.Pictures.Painting;

namespace GenAiLab.Training.Films.Filming;

/// <summary>
/// The tokens of a model that films. A clip's document is its caption, the token that begins a film, and the codes of its frames, each in
/// raster order.
/// </summary>
public sealed class FilmingVocabulary
{
    /// <summary>Ends the caption and begins the film.</summary>
    public const string FilmToken = "<|film|>";

    private const double UnknownShare = 0.03;

    /// <param name="codec">Frames as codes.</param>
    public FilmingVocabulary(FilmCodec codec)
    {
        Codec = codec;
        Tokens = new CaptionVocabulary(FilmCaption.Words, FilmToken, codec.CodeCount);
    }

    /// <summary>Frames as codes.</summary>
    public FilmCodec Codec { get; }

    /// <summary>The tokens.</summary>
    public CaptionVocabulary Tokens { get; }

    /// <summary>Ids of a clip with its caption, without the token that begins a sequence. Now and then a word is unknown, as words of a user are.</summary>
    public int[] Document(Clip clip, Random random)
    {
        var prompt = Tokens.Prompt(FilmCaption.Of(clip.Plot, random));
        var words = prompt[1..].Select(id => id != Tokens.Medium && random.NextDouble() < UnknownShare ? Tokens.Unknown : id);
        return [.. words, .. Codec.Encode(clip.Frames).Select(code => Tokens.FirstCode + code)];
    }

    /// <summary>The frames of a model's continuation; codes that are none are passed over and counted.</summary>
    public (IReadOnlyList<Picture> Frames, int Strange) Read(IEnumerable<int> ids)
    {
        var codes = ids.Take(Codec.MaximumLength).Select(id => id - Tokens.FirstCode).ToList();
        var strange = codes.Count(code => (uint)code >= (uint)Codec.CodeCount);
        return (Codec.DecodeFrames([.. codes.Select(code => (uint)code < (uint)Codec.CodeCount ? code : 0)]), strange);
    }
}
