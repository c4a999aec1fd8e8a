namespace GenAiLab.Training.Sounds;

/// <summary>How something is said.</summary>
/// <param name="Name">espeak-ng's name: accent and variant.</param>
/// <param name="Pitch">0 to 99; 50 is the voice's own.</param>
/// <param name="WordsPerMinute">Speed.</param>
public sealed record Voice(string Name, int Pitch, int WordsPerMinute);

/// <summary>The voices of espeak-ng that speak, and those that models only meet when they are measured.</summary>
public static class Voices
{
    /// <summary>Accents.</summary>
    public static IReadOnlyList<string> Accents { get; } = ["en-us", "en-gb", "en-gb-x-rp"];

    /// <summary>Speakers to learn from.</summary>
    public static IReadOnlyList<string> Training { get; } =
    [
        "m1", "m2", "m3", "m5", "m6", "m7", "m8", "f1", "f2", "f4", "f5", "Alex", "Alicia", "Andrea", "Andy", "Annie", "Denis", "Diogo", "Gene",
        "Henrique", "Hugo", "Jacky", "Lee", "Marco", "Mario", "Michael", "adam", "anika", "antonio", "aunty", "belinda", "benjamin", "boris", "caleb",
        "david", "ed", "edward", "grandma", "grandpa", "gustave", "iven", "john", "marcelo", "max", "michel", "miguel", "norbert", "pablo", "paul",
        "pedro", "quincy", "rob", "robert", "sandro", "shelby", "steph", "travis", "victor", "zac",
    ];

    /// <summary>Speakers that no model learns from.</summary>
    public static IReadOnlyList<string> HeldOut { get; } = ["m4", "f3", "Mike", "linda", "Nguyen"];

    /// <summary>Speakers that lab-speak learns from.</summary>
    public static IReadOnlyList<string> Speaking { get; } = ["m3", "f2"];

    /// <summary>Any of these speakers, with any accent, higher or lower, faster or slower.</summary>
    public static Voice Any(IReadOnlyList<string> speakers, Random random) =>
        new($"{Accents[random.Next(Accents.Count)]}+{speakers[random.Next(speakers.Count)]}", random.Next(25, 76), random.Next(130, 196));

    /// <summary>One of those that lab-speak learns from, hardly varied.</summary>
    public static Voice Steady(Random random) => new($"{Accents[0]}+{Speaking[random.Next(Speaking.Count)]}", random.Next(46, 55), random.Next(150, 171));
}
