using GenAiLab.Media.Pictures;

namespace GenAiLab.Experiments.Opposites;

/// <summary>Pictures as a few colours.</summary>
internal static class Thumbnails
{
    private const int Side = 4;

    /// <summary>Mean red, green and blue of 4 × 4 parts of a square picture, in [0, 1]: 48 numbers.</summary>
    public static float[] Of(Picture picture)
    {
        var (sums, size) = (new float[3 * Side * Side], picture.Width / Side);
        for (var at = 0; at < picture.Width * picture.Height; at++)
        {
            var cell = (at / picture.Width / size * Side) + (at % picture.Width / size);
            for (var channel = 0; channel < 3; channel++)
            {
                sums[(3 * cell) + channel] += picture.Rgb[(3 * at) + channel] / (255f * size * size);
            }
        }

        return sums;
    }
}
