using GenAiLab.Media.Pictures;

namespace GenAiLab.Training.Pictures;

/// <summary>What is most like a picture or a film, pixel by pixel.</summary>
internal static class NearestPictures
{
    /// <summary>Of each of some films the one of least Euclidean distance; all have as many frames, of one size.</summary>
    public static IReadOnlyList<IReadOnlyList<Picture>> Find(IReadOnlyList<IReadOnlyList<Picture>> films, IReadOnlyList<IReadOnlyList<Picture>> among) =>
        [.. films.AsParallel().AsOrdered().Select(film => among.MinBy(other => Distance(film, other))!)];

    private static long Distance(IReadOnlyList<Picture> film, IReadOnlyList<Picture> other)
    {
        long sum = 0;
        foreach (var (first, second) in film.Zip(other))
        {
            for (var at = 0; at < first.Rgb.Length; at++)
            {
                var difference = first.Rgb[at] - second.Rgb[at];
                sum += difference * difference;
            }
        }

        return sum;
    }
}
