using GenAiLab.Training.Pictures;

namespace GenAiLab.Training.Films;

/// <summary>
/// How things move: a tile at a time, so that a tile of a frame is a tile of the frame before, elsewhere. What is filmed is in the picture
/// as a whole in every frame: whatever a film shows, its first frame shows, and a model need not remember what has left.
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

    // Frames in which what moves rests before its next step: the fast need all of the picture's width.
    private const int Fast = 2, Slow = 3;

    // Where a thing can be, in tiles.
    private const int Places = PictureTiles - ThingTiles + 1;

    /// <summary>Where a thing's upper left tile is in each frame, in tiles.</summary>
    public static IReadOnlyList<(int X, int Y)> Path(string motion, Random random)
    {
        var (x, y) = (random.Next(Places), random.Next(Places));
        if (motion is Still)
        {
            return [.. Enumerable.Repeat((x, y), Frames)];
        }

        if (motion is Bouncing)
        {
            var (ground, phase) = (Math.Max(y, Bounce.Max()), random.Next(Bounce.Length));
            return [.. Enumerable.Range(phase, Frames).Select(at => (x, ground - Bounce[at % Bounce.Length]))];
        }

        var way = Across(random);
        return [.. way.Select(at => motion switch
        {
            Left => (Places - 1 - at, y),
            Right => (at, y),
            Up => (x, Places - 1 - at),
            _ => (x, at),
        })];
    }

    // From one side towards the other, at one of two speeds.
    private static IEnumerable<int> Across(Random random)
    {
        var pace = random.Next(2) == 0 ? Fast : Slow;
        var phase = pace == Fast ? 0 : random.Next(pace);
        var start = random.Next(Places - ((Frames - 1 + phase) / pace));
        return Enumerable.Range(0, Frames).Select(at => start + ((at + phase) / pace));
    }
}
