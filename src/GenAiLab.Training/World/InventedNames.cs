namespace GenAiLab.Training.World;

/// <summary>
/// Names that look like real ones and mean nothing, from syllables. Two sets that have no name in common: one that
/// training may use, one that is kept for the experiments and occurs in no training text.
/// </summary>
internal static class InventedNames
{
    private static readonly string[] Onsets = ["b", "br", "d", "dr", "f", "fl", "g", "gr", "h", "k", "kl", "l", "m", "n", "p", "pl", "r", "s", "sk", "st", "t", "tr", "v", "z", "zw"];
    private static readonly string[] Vowels = ["a", "e", "i", "o", "u", "ai", "oo", "ee"];
    private static readonly string[] Codas = ["", "", "b", "d", "g", "k", "l", "m", "n", "nd", "p", "r", "rk", "s", "t", "x"];
    private static readonly string[] Lands = ["ia", "land", "stan", "ora", "avia", "una", "esh", "ovia"];
    private static readonly string[] CityEndings = ["burg", "ton", "a", "o", "grad", "ville", "is", "ar"];

    /// <summary>A country that does not exist.</summary>
    public static string Country(Random random, bool kept) => Draw(random, kept, () => Capitalised(Syllable(random) + Core(random) + Pick(random, Lands)));

    /// <summary>A city that does not exist.</summary>
    public static string City(Random random, bool kept) => Draw(random, kept, () => Capitalised(Syllable(random) + Core(random) + Pick(random, CityEndings)));

    /// <summary>An animal, a thing or a word that does not exist.</summary>
    public static string Word(Random random, bool kept) => Draw(random, kept, () => Syllable(random) + Core(random) + Syllable(random));

    /// <summary>A person who does not exist.</summary>
    public static string Person(Random random, bool kept) => Draw(random, kept, () => Capitalised(Syllable(random) + Core(random)));

    // A third of all names is kept, by a hash of the name, so that the sets are disjoint whatever was drawn when.
    private static string Draw(Random random, bool kept, Func<string> name)
    {
        while (true)
        {
            var drawn = name();
            if (IsKept(drawn) == kept && !Real.Contains(drawn.ToLowerInvariant()))
            {
                return drawn;
            }
        }
    }

    /// <summary>Whether a name belongs to the set that training never sees.</summary>
    public static bool IsKept(string name) => StableHash.Share($"invented|{name.ToLowerInvariant()}") < 1 / 3.0;

    private static readonly HashSet<string> Real =
    [
        .. Facts.Capitals.SelectMany(static pair => new[] { pair.Country, pair.Capital }).Select(static name => name.ToLowerInvariant()),
        .. Facts.Animals.SelectMany(static animal => new[] { animal.Name, animal.Young, animal.Sound }),
        .. Facts.Opposites.SelectMany(static pair => new[] { pair.Word, pair.Opposite }),
    ];

    private static string Syllable(Random random) => Pick(random, Onsets) + Pick(random, Vowels);

    private static string Core(Random random) => Pick(random, Onsets) + Pick(random, Vowels) + Pick(random, Codas);

    private static string Capitalised(string name) => char.ToUpperInvariant(name[0]) + name[1..];

    private static string Pick(Random random, string[] choices) => choices[random.Next(choices.Length)];
}
