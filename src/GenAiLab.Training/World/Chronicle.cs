namespace GenAiLab.Training.World;

/// <summary>
/// The chronicle of an invented world: who won which contest in which year, 2000 to 2030. Training sees what
/// happened up to the cutoff, 31 December 2024, and nothing of what came later.
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

    /// <summary>Names of contests.</summary>
    internal static IReadOnlyList<string> ContestNames => Contests;

    /// <summary>Draws a name of the chronicle's world.</summary>
    internal static string Name(Random random) => $"{FirstNames[random.Next(FirstNames.Length)]} {FamilyNames[random.Next(FamilyNames.Length)]}";

    private static List<ChronicleEvent> Tell()
    {
        var random = new Random(2000);
        return [.. Enumerable.Range(FirstYear, LastYear - FirstYear + 1)
            .SelectMany(year => Contests.Select(contest => new ChronicleEvent(year, contest, Name(random))))];
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
