using GenAiLab.Media.Pictures;
using GenAiLab.Media.Sounds;
using GenAiLab.Training.Pictures;

namespace GenAiLab.Experiments.Opposites.Sounds;

/// <summary>Words as pictures: time to the right, frequency upward, the louder the darker.</summary>
internal static class SpectrogramSheet
{
    private const int Frames = 40;
    private const double Range = 60;

    /// <summary>Writes generated words above the training examples nearest to them.</summary>
    public static void Save(string path, IReadOnlyList<(float[] Generated, float[] Nearest)> pairs) =>
        PictureSheet.Save(path, [[.. pairs.Select(static pair => Draw(pair.Generated))], [.. pairs.Select(static pair => Draw(pair.Nearest))]]);

    private static Picture Draw(float[] samples)
    {
        var rgb = new byte[3 * Frames * SpeechAnalysis.Bands];
        rgb.AsSpan().Fill(byte.MaxValue);
        foreach (var (at, frame) in SpeechAnalysis.Run(samples, CancellationToken.None).Take(Frames).Index())
        {
            for (var band = 0; frame.Level > SpeechAnalysis.Silence && band < SpeechAnalysis.Bands; band++)
            {
                var power = Math.Clamp((frame.Envelope[band] + frame.Level - SpeechAnalysis.Silence) / Range, 0, 1);
                rgb.AsSpan(3 * (((SpeechAnalysis.Bands - 1 - band) * Frames) + at), 3).Fill((byte)(byte.MaxValue * (1 - power)));
            }
        }

        return new Picture(Frames, SpeechAnalysis.Bands, rgb);
    }
}
