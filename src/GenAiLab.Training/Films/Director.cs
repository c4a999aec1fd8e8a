using GenAiLab.Media.Pictures;
using GenAiLab.Training.Pictures;
using static GenAiLab.Training.Films.Motions;

namespace GenAiLab.Training.Films;

/// <summary>What a clip shows.</summary>
/// <param name="Kind">One of <see cref="Director.Kinds"/>.</param>
/// <param name="Colour">One of <see cref="Director.Colours"/>.</param>
/// <param name="Motion">One of <see cref="Motions.All"/>.</param>
/// <param name="Scene">Where.</param>
public sealed record Plot(string Kind, string Colour, string Motion, string Scene)
{
    /// <summary>Kind and motion, which a classifier tells.</summary>
    public string Label => $"{Kind}, {Motion}";
}

/// <summary>A short film with what it shows.</summary>
/// <param name="Plot">What it shows.</param>
/// <param name="Frames">Its frames, <see cref="Motions.Frames"/> of the artist's size.</param>
public sealed record Clip(Plot Plot, IReadOnlyList<Picture> Frames);

/// <summary>
/// Films the things of the lab world: one thing that moves or stands still, before what stands still anyway. Place, moment, colour and
/// details are others in each clip, the law of a motion is the same. Pure: the same seed gives the same clip.
/// </summary>
public static class Director
{
    private const int MaximumDetails = 4;

    /// <summary>What can be filmed, by name.</summary>
    public static IReadOnlyList<string> Kinds { get; } = [.. Cast.All.Keys];

    /// <summary>In which colours.</summary>
    public static IReadOnlyList<string> Colours { get; } = [.. Cast.Colours.Select(static colour => colour.Name)];

    /// <summary>What clips show, as classifiers call it: every kind with every motion that it has.</summary>
    public static IReadOnlyList<string> Labels { get; } =
        [.. Cast.All.SelectMany(static role => All.Where(role.Value.Verbs.ContainsKey).Select(motion => new Plot(role.Key, "", motion, "").Label))];

    /// <summary>A clip of anything.</summary>
    public static Clip Film(Random random) => Film(Imagine(random), random);

    /// <summary>Something that can be filmed; kinds are equally frequent, and so are the motions of each.</summary>
    public static Plot Imagine(Random random)
    {
        var kind = Kinds[random.Next(Kinds.Count)];
        var (scene, verbs) = (Cast.All[kind].Scene, Cast.All[kind].Verbs);
        string[] motions = [.. All.Where(verbs.ContainsKey)];
        return new Plot(kind, Colours[random.Next(Colours.Count)], motions[random.Next(motions.Length)], scene);
    }

    /// <summary>A clip of a plot; another one with every call.</summary>
    public static Clip Film(Plot plot, Random random)
    {
        var path = Path(plot.Motion, random);

        // What moves to a side looks there; what does not looks to the right.
        var thing = Cast.Draw(plot.Kind, Cast.Colours.First(colour => colour.Name == plot.Colour), mirrored: plot.Motion == Left);
        List<(int X, int Y)> details = [.. Enumerable.Range(0, random.Next(1, MaximumDetails + 1))
            .Select(_ => (X: random.Next(PictureTiles), Y: random.Next(PictureTiles)))
            .Where(detail => !path.Any(at => IsWithin(detail.X - at.X) && IsWithin(detail.Y - at.Y)))];
        return new Clip(plot, [.. path.Select(at => Frame(plot.Scene, details, thing, at))]);

        static bool IsWithin(int tiles) => tiles is >= 0 and < ThingTiles;
    }

    private static Picture Frame(string scene, List<(int X, int Y)> details, Canvas thing, (int X, int Y) at)
    {
        var canvas = new Canvas(Artist.Side);
        var (ground, colour, dots) = Cast.Scene(scene);
        canvas.Ground(0, ground);
        foreach (var (x, y) in details)
        {
            foreach (var dot in dots)
            {
                canvas.Dot((x * Tile) + dot.X, (y * Tile) + dot.Y, colour);
            }
        }

        for (var pixel = 0; pixel < thing.Pixels.Length; pixel++)
        {
            if (Cast.IsThing(thing.Pixels[pixel]))
            {
                canvas.Dot((at.X * Tile) + (pixel % thing.Size), (at.Y * Tile) + (pixel / thing.Size), thing.Pixels[pixel]);
            }
        }

        return canvas.ToPicture();
    }
}
