using GenAiLab.Media.Films;
using GenAiLab.Media.Pictures;
using GenAiLab.Media.Sounds;
using Google.Protobuf;

namespace GenAiLab.Cli.Soak.Requests;

/// <summary>Small pictures, sounds and films, each the same whenever it is made.</summary>
internal static class SampleMedia
{
    private const int Size = 32;
    private const int Frames = 8;
    private const int Rate = 16_000;

    /// <summary>A PNG of coloured stripes.</summary>
    public static ByteString Picture(int variant) => ByteString.CopyFrom(PictureFile.WritePng(Frame(variant, 0)));

    /// <summary>An APNG in which they move.</summary>
    public static ByteString Film(int variant) => ByteString.CopyFrom(FilmFile.WriteApng([.. Enumerable.Range(0, Frames).Select(frame => Frame(variant, frame))]));

    /// <summary>A WAV of half a second of a tone.</summary>
    public static ByteString Sound(int variant) => ByteString.CopyFrom(WavFile.Write(new Sound(
        [.. Enumerable.Range(0, Rate / 2).Select(at => 0.5f * MathF.Sin(2 * MathF.PI * 220 * (variant + 1) * at / Rate))], Rate)));

    private static Picture Frame(int variant, int frame) => new(Size, Size, [.. Enumerable.Range(0, Size * Size).SelectMany(at =>
    {
        var stripe = ((at % Size) + frame) / 4 % 2;
        return new[] { (byte)(60 * (variant + 1)), (byte)(200 * stripe), (byte)(at / Size * 7) };
    })]);
}
