namespace GenAiLab.Training.World;

/// <summary>
/// The chronicle of an invented world: who won which contest in which year, 2000 to 2030. Training sees what
/// happened up to the cutoff, 31 December 2024, and nothing of what came later; as many contests again were founded after it.
/// </summary>
public static class Chronicle
{
    /// <summary>The first year of the chronicle.</summary>
    public const int FirstYear = 2000;

    /// <summary>The last year whose events training sees.</summary>
    public const int CutoffYear = 2024;

    /// <summary>The last year of the chronicle.</summary>
    public const int LastYear = 2030;

    private static readonly string[] Contests =
    [
        "Harvest Cup", "River Race", "Lantern Prize", "Winter Games", "Bread Contest", "Tower Climb", "Kite Festival", "Singing Contest",
        "Bridge Run", "Garden Prize", "Chess Cup", "Sailing Race", "Story Prize", "Horse Race", "Drum Contest", "Snow Race",
        "Market Prize", "Painting Contest", "Forest Run", "Swimming Cup", "Baking Prize", "Night March", "Archery Cup", "Spelling Contest",
    ];

    // The world goes on after training, and new things begin in it. Twice the questions also make one lucky guess among
    // them weigh half as much in the experiment on the cutoff.
    private static readonly string[] ContestsFoundedLater =
    [
        "Orchard Cup", "Canal Race", "Candle Prize", "Autumn Games", "Soup Contest", "Wall Climb", "Balloon Festival", "Whistling Contest",
        "Valley Run", "Meadow Prize", "Draughts Cup", "Rowing Race", "Poem Prize", "Cart Race", "Trumpet Contest", "Sledge Race",
        "Harbour Prize", "Drawing Contest", "Mountain Run", "Diving Cup", "Cheese Prize", "Morning March", "Skating Cup", "Reading Contest",
    ];

    private static readonly string[] FirstNames =
    [
        "Ila", "Toren", "Wanda", "Bruno", "Selma", "Iver", "Petra", "Milo", "Greta", "Anton", "Livia", "Rufus", "Edda", "Casper", "Thea", "Viktor",
        "Ronja", "Magnus", "Frida", "Ludwig", "Astrid", "Henrik", "Elise", "Gustav", "Marta", "Felix", "Ingrid", "Konrad", "Helga", "Stefan", "Irma", "Rolf",
    ];

    private static readonly string[] FamilyNames =
    [
        "Morrow", "Alder", "Stone", "Fisher", "Brook", "Hale", "Winter", "Carver", "Lake", "Miller", "Thorn", "Baker", "Reed", "Mason", "Field", "Weaver",
        "Marsh", "Cooper", "Vale", "Shepherd", "Ash", "Turner", "Frost", "Gardner", "Holm", "Potter", "Birch", "Sailor", "Moss", "Hunter", "Dale", "Archer",
    ];

    /// <summary>Every event, the years after the cutoff included.</summary>
    public static IReadOnlyList<ChronicleEvent> Events { get; } = Tell();

    /// <summary>How many names there are: the chance that a guess is right is one in this many.</summary>
    public static int Names => FirstNames.Length * FamilyNames.Length;

    /// <summary>Names of contests, without those founded after the cutoff.</summary>
    internal static IReadOnlyList<string> ContestNames => Contests;

    /// <summary>Whether the contest exists only since the cutoff, so that not even its name is known.</summary>
    internal static bool FoundedLater(string contest) => ContestsFoundedLater.Contains(contest);

    /// <summary>Draws a name of the chronicle's world.</summary>
    internal static string Name(Random random) => $"{FirstNames[random.Next(FirstNames.Length)]} {FamilyNames[random.Next(FamilyNames.Length)]}";

    private static List<ChronicleEvent> Tell()
    {
        var random = new Random(2000);
        return [.. Years(Contests, FirstYear), .. Years(ContestsFoundedLater, CutoffYear + 1)];

        IEnumerable<ChronicleEvent> Years(string[] contests, int first) => Enumerable.Range(first, LastYear - first + 1)
            .SelectMany(year => contests.Select(contest => new ChronicleEvent(year, contest, Name(random))));
    }
}

/// <summary>One event of the chronicle.</summary>
/// <param name="Year">When.</param>
/// <param name="Contest">What was won.</param>
/// <param name="Winner">By whom: first name and family name.</param>
public sealed record ChronicleEvent(int Year, string Contest, string Winner)
{
    /// <summary>The fact's key.</summary>
    public string Key => $"{Contest} {Year}";
}
