namespace GenAiLab.Training.World;

/// <summary>
/// Facts that hold in one text only: an invented country's capital, a person's password, a winner of a year that the
/// chronicle does not cover. A model can know them from the text in front of it and from nowhere else.
/// </summary>
internal static class ToldFacts
{
    // On both sides of the chronicle, so that a year itself does not say whether to remember or to read.
    private static readonly int[] Years = [.. Enumerable.Range(1950, Chronicle.FirstYear - 1950), .. Enumerable.Range(Chronicle.LastYear + 1, 30)];

    /// <summary>Words that passwords are made of: the chance that a guess is right is one in <c>Passwords.Count</c>.</summary>
    public static readonly IReadOnlyList<string> Passwords = [.. Stories.Objects.Concat(Stories.Places).Distinct()];

    /// <summary>Draws a fact.</summary>
    /// <param name="random">The source of all choices.</param>
    /// <param name="kept">Whether its names are those that training never sees.</param>
    public static AskableFact Draw(Random random, bool kept)
    {
        switch (random.Next(8))
        {
            case 0:
                return Fact(QuestionWordings.Capital, InventedNames.City(random, kept), InventedNames.Country(random, kept));
            case 1:
                return Fact(QuestionWordings.Colour, Pick(random, ["red", "blue", "green", "yellow", "black", "white", "grey", "pink", "golden", "brown"]), "a " + InventedNames.Word(random, kept));
            case 2:
                return Fact(QuestionWordings.Class, Pick(random, ["mammal", "bird", "fish", "insect", "reptile", "amphibian"]), InventedNames.Word(random, kept));
            case 3:
                return Password(random);
            case 4:
                return Fact(QuestionWordings.Opposite, InventedNames.Word(random, kept), InventedNames.Word(random, kept));
            default:
                // Who won in years that the chronicle does not cover, each text says anew.
                var contest = Chronicle.ContestNames[random.Next(Chronicle.ContestNames.Count)];
                return Fact(QuestionWordings.Winner, Chronicle.Name(random), contest, $"{Years[random.Next(Years.Length)]}");
        }
    }

    /// <summary>A person's password.</summary>
    public static AskableFact Password(Random random) =>
        Fact(QuestionWordings.Password, Passwords[random.Next(Passwords.Count)], Person(random));

    /// <summary>A name from the stories.</summary>
    public static string Person(Random random) => Pick(random, random.Next(2) == 0 ? Stories.Girls : Stories.Boys);

    private static AskableFact Fact(QuestionWordings wordings, string answer, params string[] parts) =>
        new($"told {wordings.Answer(answer, parts)}", parts[0], wordings, parts, answer);

    private static string Pick(Random random, string[] choices) => Stories.Pick(random, choices);
}

/// <summary>A password that a text tells: what is told, how it is asked for again, and the word.</summary>
public sealed record ToldPassword(string Told, string Prompt, string Word)
{
    /// <summary>How many words there are to choose from.</summary>
    public static int Words => ToldFacts.Passwords.Count;

    /// <summary>Draws a person and a word.</summary>
    public static ToldPassword Draw(Random random)
    {
        var fact = ToldFacts.Password(random);
        return new ToldPassword(fact.Best, fact.Wordings.Answer("", fact.Parts)[..^2], fact.Answer);
    }
}
