using GenAiLab.Media.Pictures;

namespace GenAiLab.Training.Pictures;

/// <summary>Which of the named colours a drawing's figure has, by counting pixels.</summary>
public static class ColourOfFigure
{
    /// <summary>The named colour that covers most, apart from what the scene is painted in; empty where there is none.</summary>
    public static string Of(Picture picture, string scene)
    {
        var (sky, ground) = Artist.SceneColours(scene);
        var counts = new Dictionary<(byte, byte, byte), int>();
        for (var at = 0; at < picture.Rgb.Length; at += 3)
        {
            var colour = (picture.Rgb[at], picture.Rgb[at + 1], picture.Rgb[at + 2]);
            counts[colour] = counts.GetValueOrDefault(colour) + 1;
        }

        return Palette.Named.Where(named => named.Body != sky && named.Body != ground)
            .Select(named => (named.Name, Count: counts.GetValueOrDefault(Palette.Colours[named.Body])))
            .OrderByDescending(static named => named.Count).FirstOrDefault(static named => named.Count > 0).Name ?? "";
    }
}
