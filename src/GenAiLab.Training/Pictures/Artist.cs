using GenAiLab.Media.Pictures;
using static GenAiLab.Training.Pictures.Palette;

namespace GenAiLab.Training.Pictures;

/// <summary>What a drawing shows.</summary>
/// <param name="Kind">One of <see cref="Artist.Kinds"/>.</param>
/// <param name="Colour">One of <see cref="Palette.Named"/>.</param>
/// <param name="Size">small, big, or empty for neither.</param>
/// <param name="Scene">One of <see cref="Artist.Scenes"/>.</param>
public sealed record Subject(string Kind, string Colour, string Size, string Scene);

/// <summary>A drawing with what it shows.</summary>
/// <param name="Subject">What it shows.</param>
/// <param name="Picture">How it looks.</param>
public sealed record Drawing(Subject Subject, Picture Picture);

/// <summary>
/// Draws the things of the lab world: each drawing is another pose, place, size and detail, by a random number generator, so that
/// hardly two are the same. Pure: the same seed gives the same drawing.
/// </summary>
public static class Artist
{
    /// <summary>Pixels of a side.</summary>
    public const int Side = 32;

    // Things stand on every second pixel only, as tiles of old games do: what looks alike is then spelled alike wherever it stands.
    private const int Grid = 2;

    /// <summary>What can be drawn, by name.</summary>
    public static IReadOnlyList<string> Kinds { get; } = [.. Figures.All.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Where it can be, as captions say it.</summary>
    public static IReadOnlyList<string> Scenes { get; } = ["at night", "by the sea", "in the snow", "on grass", "on sand", "under the sky"];

    /// <summary>A drawing of anything.</summary>
    public static Drawing Draw(Random random) => Draw(Imagine(random), random);

    /// <summary>Something that can be drawn and be seen where it is.</summary>
    public static Subject Imagine(Random random)
    {
        while (true)
        {
            var (colour, scene) = (Named[random.Next(Named.Count)], Scenes[random.Next(Scenes.Count)]);
            var (sky, ground) = SceneColours(scene);
            if (colour.Body != sky && colour.Body != ground)
            {
                return new Subject(Kinds[random.Next(Kinds.Count)], colour.Name, random.Next(3) switch { 0 => "small", 1 => "big", _ => "" }, scene);
            }
        }
    }

    /// <summary>A drawing of a subject; another one with every call.</summary>
    public static Drawing Draw(Subject subject, Random random)
    {
        var canvas = new Canvas(Side);
        var horizon = 2 * random.Next(9, 13);
        PaintScene(canvas, subject.Scene, horizon, random);
        canvas.Unit = subject.Size switch
        {
            "small" => 7,
            "big" => 13,
            _ => 10,
        };
        var steps = ((Side / 2) - (int)canvas.Unit + 1) / Grid;
        canvas.Middle = ((Side / 2) + (Grid * random.Next(-steps, steps + 1)), (Side / 2) + (Grid * random.Next(-steps, steps + 1)));
        canvas.Mirrored = random.Next(2) == 0;
        Figures.All[subject.Kind](canvas, Named.First(colour => colour.Name == subject.Colour), random);
        return new Drawing(subject, canvas.ToPicture());
    }

    internal static (byte Sky, byte Ground) SceneColours(string scene) => scene switch
    {
        "at night" => (DarkBlue, DarkGreen),
        "by the sea" => (LightBlue, Blue),
        "in the snow" => (Grey, White),
        "on grass" => (LightBlue, LightGreen),
        "on sand" => (LightBlue, Sand),
        _ => (LightBlue, LightBlue),
    };

    private static void PaintScene(Canvas canvas, string scene, int horizon, Random random)
    {
        var (sky, ground) = SceneColours(scene);
        canvas.Ground(0, sky);
        canvas.Ground(horizon, ground);
        for (var detail = random.Next(2, 6); detail > 0; detail--)
        {
            var (x, above, below) = (random.Next(Side), random.Next(horizon), random.Next(horizon, Side));
            switch (scene)
            {
                case "at night":
                    canvas.Dot(x, above, Yellow);
                    break;
                case "by the sea":
                    canvas.Dot(x, below, White);
                    canvas.Dot(x + 1, below, White);
                    break;
                case "in the snow":
                    canvas.Dot(x, above, White);
                    break;
                case "on grass":
                    canvas.Dot(x, below, Green);
                    canvas.Dot(x, below - 1, Green);
                    break;
                case "on sand":
                    canvas.Dot(x, below, Orange);
                    break;
                default:
                    Cloud(canvas, x, random.Next(Side), random);
                    break;
            }
        }
    }

    private static void Cloud(Canvas canvas, int x, int y, Random random)
    {
        for (var width = random.Next(2, 5); width >= 0; width--)
        {
            canvas.Dot(x + width, y, White);
            canvas.Dot(x + (width / 2) + 1, y - 1, White);
        }
    }
}
