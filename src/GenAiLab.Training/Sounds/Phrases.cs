namespace GenAiLab.Training.Sounds;

/// <summary>What is said in the lab world: words, numbers digit by digit, things with what they are like, commands.</summary>
public static class Phrases
{
    private const int LongestNumber = 6;

    /// <summary>A phrase of one to six words.</summary>
    public static string Next(Random random) => random.Next(10) switch
    {
        < 3 => Word(random),
        < 5 => Number(random),
        < 7 => Some(random),
        < 9 => One(random),
        _ => Command(random),
    };

    /// <summary>A single word.</summary>
    public static string Word(Random random) => Any(SpokenWords.Content, random);

    private static string Number(Random random) =>
        string.Join(' ', Enumerable.Range(0, random.Next(1, LongestNumber + 1)).Select(_ => Any(SpokenWords.Digits, random)));

    // seven black cats
    private static string Some(Random random)
    {
        var count = random.Next(9) == 0 ? "ten" : SpokenWords.Digits[random.Next(2, 10)];
        return Join(count, Maybe(SpokenWords.Sizes, 3, random), Maybe(SpokenWords.Colours, 2, random), Any(SpokenWords.Plurals, random));
    }

    // a small dog on grass
    private static string One(Random random)
    {
        var (size, colour, kind) = (Maybe(SpokenWords.Sizes, 3, random), Maybe(SpokenWords.Colours, 2, random), Any(SpokenWords.Kinds, random));
        var scene = size.Length > 0 && colour.Length > 0 ? "" : Maybe(SpokenWords.Scenes, 3, random);
        var thing = Join(size, colour, kind);
        var article = random.Next(4) == 0 ? "the" : thing[0] is 'a' or 'e' or 'i' or 'o' or 'u' ? "an" : "a";
        return Join(article, thing, scene);
    }

    private static string Command(Random random) => random.Next(2) == 0
        ? Join(Any(SpokenWords.Movements, random), Any(SpokenWords.Directions, random))
        : Join(Any(SpokenWords.Deeds, random), "the", Maybe(SpokenWords.Colours, 2, random), Any(SpokenWords.Kinds, random));

    private static string Any(IReadOnlyList<string> words, Random random) => words[random.Next(words.Count)];

    private static string Maybe(IReadOnlyList<string> words, int oneIn, Random random) => random.Next(oneIn) == 0 ? Any(words, random) : "";

    private static string Join(params string[] words) => string.Join(' ', words.Where(static word => word.Length > 0));
}
