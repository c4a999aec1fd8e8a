using GenAiLab.Training.Pictures;

namespace GenAiLab.Training.Films;

/// <summary>
/// How things move: a tile at a time, so that a tile of a frame is a tile of the frame before, elsewhere. Every motion ends where it can
/// begin again; what leaves the picture comes in again on the other side.
/// </summary>
public static class Motions
{
    /// <summary>Frames of a clip.</summary>
    public const int Frames = 12;

    /// <summary>Pixels of a tile's side, and of a step.</summary>
    public const int Tile = 4;

    /// <summary>Tiles of a thing's side.</summary>
    public const int ThingTiles = 3;

    /// <summary>Tiles of a picture's side.</summary>
    public const int PictureTiles = Artist.Side / Tile;

    public const string Left = "to the left", Right = "to the right", Up = "up", Down = "down", Bouncing = "bouncing", Still = "still";

    // Above the ground, in tiles: twice in a clip.
    private static readonly int[] Bounce = [0, 1, 2, 3, 2, 1];

    /// <summary>All of them, by name.</summary>
    public static IReadOnlyList<string> All { get; } = [Left, Right, Up, Down, Bouncing, Still];

    /// <summary>Where a thing's upper left tile is in each frame, in tiles; outside of the picture too.</summary>
    public static IReadOnlyList<(int X, int Y)> Path(string motion, Random random)
    {
        var (x, y, phase) = (Place(random), Place(random), random.Next(Frames));
        return [.. Enumerable.Range(phase, Frames).Select(at => motion switch
        {
            Left => (Across(-at), y),
            Right => (Across(at), y),
            Up => (x, Across(-at)),
            Down => (x, Across(at)),
            Bouncing => (x, Math.Max(y, Bounce.Max()) - Bounce[at % Bounce.Length]),
            _ => (x, y),
        })];
    }

    private static int Place(Random random) => random.Next(PictureTiles - ThingTiles + 1);

    // Once across the picture in a clip, its width being added on both sides.
    private static int Across(int at) => (((at % Frames) + Frames) % Frames) - ThingTiles;
}
