using GenAiLab.Media;
using GenAiLab.Media.Films;
using GenAiLab.Media.Pictures;
using GenAiLab.Media.Sounds;

namespace GenAiLab.Fuzz.Targets;

/// <summary>Files that users send to be seen, heard and watched.</summary>
internal static class MediaFiles
{
    private const int Side = 32;
    private const double Seconds = 8;

    public static bool Picture(byte[] file) => Try(() => PictureFile.Read(PngChecksums.Mend(file), Side, Side, CancellationToken.None));

    public static bool Film(byte[] file) => Try(() => FilmFile.Read(PngChecksums.Mend(file), CancellationToken.None));

    public static bool Wav(byte[] file) => Try(() => WavFile.Read(file, Seconds));

    private static bool Try(Action read)
    {
        try
        {
            read();
            return true;
        }
        catch (UnreadableMediaException refusal)
        {
            // As callers get it: behind the name of the field.
            Refusal.Check($"picture {refusal.Message}");
            return false;
        }
    }
}
