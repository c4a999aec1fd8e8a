using GenAiLab.Media.Pictures;

namespace GenAiLab.Training.Pictures.Painting;

/// <summary>
/// The tokens of a model that paints. A drawing's document is its caption, the token that begins a picture, and the codes in raster order.
/// </summary>
public sealed class PaintingVocabulary
{
    /// <summary>Ends the caption and begins the picture.</summary>
    public const string PictureToken = "<|picture|>";

    private const double UnknownShare = 0.03;
    private readonly CaptionVocabulary _tokens;

    /// <param name="codec">The codebook.</param>
    public PaintingVocabulary(PictureCodec codec)
    {
        Codec = codec;
        _tokens = new CaptionVocabulary(Caption.Words, PictureToken, codec.CodeCount);
    }

    /// <summary>The codebook.</summary>
    public PictureCodec Codec { get; }

    /// <summary>Id of <see cref="CaptionVocabulary.BeginToken"/>.</summary>
    public int Begin => _tokens.Begin;

    /// <summary>Id of <see cref="CaptionVocabulary.UnknownToken"/>.</summary>
    public int Unknown => _tokens.Unknown;

    /// <summary>Id of <see cref="PictureToken"/>.</summary>
    public int Picture => _tokens.Medium;

    /// <summary>Id of the first code.</summary>
    public int FirstCode => _tokens.FirstCode;

    /// <summary>Number of ids.</summary>
    public int Size => _tokens.Size;

    /// <summary>Ids of what comes before a picture's codes, <see cref="Begin"/> included.</summary>
    public int[] Prompt(string caption) => _tokens.Prompt(caption);

    /// <summary>Writes tokenizer.json and tokenizer_config.json, whose chat template takes the last turn for a caption.</summary>
    public void Save(string folder) => _tokens.Save(folder);

    /// <summary>Ids of a drawing with its caption, without <see cref="Begin"/>. Now and then a word is unknown, as words of a user are.</summary>
    public int[] Document(Drawing drawing, Random random)
    {
        var prompt = Prompt(Caption.Of(drawing.Subject, random));
        var words = prompt[1..].Select(id => id != Picture && random.NextDouble() < UnknownShare ? Unknown : id);
        return [.. words, .. Codec.Encode(drawing.Picture).Select(code => FirstCode + code)];
    }

    /// <summary>The picture of a model's continuation; codes that are none are passed over and counted.</summary>
    public (Picture Picture, int Strange) Read(IEnumerable<int> ids)
    {
        var codes = ids.Take(Codec.MaximumLength).Select(id => id - FirstCode).ToList();
        var strange = codes.Count(code => (uint)code >= (uint)Codec.CodeCount);
        return (Codec.Read([.. codes.Select(code => (uint)code < (uint)Codec.CodeCount ? code : 0)]), strange);
    }
}
