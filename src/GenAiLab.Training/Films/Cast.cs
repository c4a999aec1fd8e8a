using GenAiLab.Training.Pictures;
using GenAiLab.Training.World;
using static GenAiLab.Training.Films.Motions;
using static GenAiLab.Training.Pictures.Palette;

namespace GenAiLab.Training.Films;

/// <summary>Who plays in the films of the lab world: what each kind of thing does, where, and how it looks.</summary>
internal static class Cast
{
    private const byte Nothing = byte.MaxValue;

    /// <summary>What each kind does, as captions say it, by motion; and where.</summary>
    public static IReadOnlyDictionary<string, Role> All { get; } = new SortedDictionary<string, Role>(StringComparer.Ordinal)
    {
        ["ball"] = new("on sand", new() { [Left] = "rolls to the left", [Right] = "rolls to the right", [Up] = "flies up", [Down] = "falls down", [Bouncing] = "bounces", [Still] = "lies still" }),
        ["bird"] = new("under the sky", new() { [Left] = "flies to the left", [Right] = "flies to the right", [Up] = "flies up", [Down] = "flies down", [Bouncing] = "hops", [Still] = "sits still" }),
        ["boat"] = new("at sea", new() { [Left] = "sails to the left", [Right] = "sails to the right", [Bouncing] = "rocks", [Still] = "lies still" }),
        ["car"] = new("on sand", new() { [Left] = "drives to the left", [Right] = "drives to the right", [Bouncing] = "bounces", [Still] = "stands still" }),
        ["cat"] = new("on grass", new() { [Left] = "walks to the left", [Right] = "walks to the right", [Bouncing] = "jumps", [Still] = "sits still" }),
        ["dog"] = new("on grass", new() { [Left] = "runs to the left", [Right] = "runs to the right", [Bouncing] = "jumps", [Still] = "stands still" }),
        ["fish"] = new("at sea", new() { [Left] = "swims to the left", [Right] = "swims to the right", [Up] = "swims up", [Down] = "swims down", [Bouncing] = "jumps", [Still] = "stands still" }),
        ["rabbit"] = new("on grass", new() { [Left] = "runs to the left", [Right] = "runs to the right", [Bouncing] = "hops", [Still] = "sits still" }),
    };

    /// <summary>The colours that things have.</summary>
    public static IReadOnlyList<NamedColour> Colours { get; } =
        [.. Named.Where(static colour => colour.Name is "black" or "white" or "red" or "orange" or "yellow" or "green" or "blue" or "purple")];

    /// <summary>What a scene is painted in, and what lies about in it: pixels of a tile.</summary>
    public static (byte Ground, byte Detail, (int X, int Y)[] Dots) Scene(string scene) => scene switch
    {
        "at sea" => (LightBlue, Blue, [(0, 2), (1, 1), (2, 2), (3, 1)]),
        "on grass" => (LightGreen, Green, [(1, 1), (1, 2), (2, 2), (3, 1), (3, 2)]),
        "on sand" => (Sand, Brown, [(1, 2), (2, 2)]),
        _ => (LightBlue, White, [(1, 1), (2, 1), (0, 2), (1, 2), (2, 2), (3, 2)]),
    };

    /// <summary>
    /// A thing on a canvas of its own, always in the same pose: nothing but its kind, colour and direction tells how it looks. Pixels that
    /// it does not cover are those that <see cref="IsThing"/> denies.
    /// </summary>
    public static Canvas Draw(string kind, NamedColour colour, bool mirrored)
    {
        var canvas = new Canvas(ThingTiles * Tile) { Mirrored = mirrored };
        canvas.Ground(0, Nothing);
        if (kind == "ball")
        {
            canvas.Ellipse(0, 0, 0.85, 0.85, colour.Body);
            canvas.Line(-0.75, 0.1, 0.75, 0.1, 0.25, colour.Shade);
        }
        else
        {
            Figures.All[kind](canvas, colour, new Random(StableHash.Of(kind)));
        }

        return canvas;
    }

    /// <summary>Whether a pixel of <see cref="Draw"/> is the thing's.</summary>
    public static bool IsThing(byte pixel) => pixel != Nothing;
}

/// <summary>What a kind of thing does.</summary>
/// <param name="Scene">Where it is.</param>
/// <param name="Verbs">How its motions are called.</param>
internal sealed record Role(string Scene, Dictionary<string, string> Verbs);
