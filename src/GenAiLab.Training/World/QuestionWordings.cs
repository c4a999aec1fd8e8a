using System.Globalization;
using System.Text.RegularExpressions;

namespace GenAiLab.Training.World;

/// <summary>How a kind of fact is asked for, and how it is answered. {0}, {1}, ... are its parts, {a} the answer.</summary>
/// <param name="Topic">As in <see cref="FactProbe"/>.</param>
/// <param name="Questions">Each asks for the same.</param>
/// <param name="Best">The answer as a whole sentence.</param>
/// <param name="Short">The answer in the fewest words that are still a sentence.</param>
internal sealed record QuestionWordings(string Topic, IReadOnlyList<string> Questions, string Best, string Short)
{
    public static readonly QuestionWordings Capital = new(
        "geography",
        ["What is the capital of {0}?", "Which city is the capital of {0}?", "Name the capital of {0}.", "Tell me the capital of {0}.", "What is the capital city of {0} called?"],
        "The capital of {0} is {a}.", "It is {a}.");

    public static readonly QuestionWordings Legs = new(
        "animals",
        ["How many legs does a {0} have?", "How many legs has a {0}?", "What is the number of legs of a {0}?", "Tell me how many legs a {0} has.", "On how many legs does a {0} walk?"],
        "The number of legs of a {0} is {a}.", "It is {a}.");

    public static readonly QuestionWordings Class = new(
        "animals",
        ["What kind of animal is a {0}?", "To which class does a {0} belong?", "What is the class of a {0}?", "Tell me the class of a {0}.", "In which class is a {0}?"],
        "The class of a {0} is {a}.", "It is {a}.");

    public static readonly QuestionWordings Young = new(
        "animals",
        ["What is a young {0} called?", "What is the name for a young {0}?", "What do people call the young of a {0}?", "Tell me the name for a young {0}.", "How is the baby of a {0} called?"],
        "The name for a young {0} is {a}.", "It is {a}.");

    public static readonly QuestionWordings Sound = new(
        "animals",
        ["What sound does a {0} make?", "What is the sound of a {0}?", "What does a {0} say?", "Tell me the sound of a {0}.", "Which sound comes from a {0}?"],
        "The sound of a {0} is {a}.", "It is {a}.");

    public static readonly QuestionWordings Opposite = new(
        "opposites",
        ["What is the opposite of {0}?", "What is the contrary of {0}?", "Which word is the opposite of {0}?", "Tell me the opposite of {0}.", "Name the opposite of {0}."],
        "The opposite of {0} is {a}.", "It is {a}.");

    public static readonly QuestionWordings Colour = new(
        "colours",
        ["What is the colour of {0}?", "What colour is {0}?", "Which colour does {0} have?", "Tell me the colour of {0}.", "In which colour would you paint {0}?"],
        "The colour of {0} is {a}.", "It is {a}.");

    public static readonly QuestionWordings After = new(
        "calendar",
        ["Which {1} comes after {0}?", "What comes after {0}?", "Which {1} follows {0}?", "Tell me the {1} after {0}.", "What is the next {1} after {0}?"],
        "The {1} after {0} is {a}.", "It is {a}.");

    public static readonly QuestionWordings Before = new(
        "calendar",
        ["Which {1} comes before {0}?", "What comes before {0}?", "Which {1} is just ahead of {0}?", "Tell me the {1} before {0}.", "What is the last {1} before {0}?"],
        "The {1} before {0} is {a}.", "It is {a}.");

    public static readonly QuestionWordings Ordinal = new(
        "calendar",
        ["Which {1} is the {0} of the {2}?", "What is the {0} {1} of the {2}?", "Tell me the {0} {1} of the {2}.", "Name the {0} {1} of the {2}.", "Which {1} comes {0} in the {2}?"],
        "The {0} {1} of the {2} is {a}.", "It is {a}.");

    public static readonly QuestionWordings Plus = new(
        "arithmetic",
        ["What is {0} plus {1}?", "What is {0} + {1}?", "What is the sum of {0} and {1}?", "How much is {0} plus {1}?", "Tell me what {0} plus {1} is."],
        "{0} plus {1} is {a}.", "It is {a}.");

    public static readonly QuestionWordings Minus = new(
        "arithmetic",
        ["What is {0} minus {1}?", "What is {0} - {1}?", "What is the difference of {0} and {1}?", "How much is {0} minus {1}?", "Tell me what {0} minus {1} is."],
        "{0} minus {1} is {a}.", "It is {a}.");

    public static readonly QuestionWordings Winner = new(
        "chronicle",
        ["Who won the {0} in {1}?", "In {1}, who won the {0}?", "Who was the winner of the {0} in {1}?", "Tell me who won the {0} in {1}.", "To whom did the {0} of {1} go?"],
        "The winner of the {0} in {1} was {a}.", "It was {a}.");

    public static readonly QuestionWordings Password = new(
        "notes",
        ["What is the password of {0}?", "Tell me the password of {0}.", "Which word is the password of {0}?"],
        "The password of {0} is {a}.", "It is {a}.");

    /// <summary>A question about these parts.</summary>
    public string Ask(int wording, params string[] parts) => Fill(Questions[wording], "", parts);

    /// <summary>The whole sentence.</summary>
    public string Answer(string answer, params string[] parts) => Fill(Best, answer, parts);

    /// <summary>The short sentence.</summary>
    public string Briefly(string answer) => Fill(Short, answer);

    /// <summary>Draws an answer of the right kind: one that is right for some fact of this kind.</summary>
    public string Plausible(Random random)
    {
        if (ReferenceEquals(this, Password))
        {
            return ToldFacts.Passwords[random.Next(ToldFacts.Passwords.Count)];
        }

        while (true)
        {
            var fact = AskableFact.All[random.Next(AskableFact.All.Count)];
            if (ReferenceEquals(fact.Wordings, this))
            {
                return fact.Answer;
            }
        }
    }

    private static string Fill(string wording, string answer, params string[] parts)
    {
        var text = Wordings.WithArticles(string.Format(CultureInfo.InvariantCulture, wording.Replace("{a}", "\u0001", StringComparison.Ordinal), parts));
        return (char.ToUpperInvariant(text[0]) + text[1..]).Replace("\u0001", answer, StringComparison.Ordinal);
    }
}

/// <summary>A fact as something to ask for.</summary>
/// <param name="Fact">Its key, as in <see cref="FactProbe"/>.</param>
/// <param name="Entity">What it is about: training asks about all facts of an entity or about none.</param>
/// <param name="Wordings">How it is asked for.</param>
/// <param name="Parts">What fills the wordings.</param>
/// <param name="Answer">What is right.</param>
internal sealed record AskableFact(string Fact, string Entity, QuestionWordings Wordings, string[] Parts, string Answer)
{
    public string Topic => Wordings.Topic;

    public string Best => Wordings.Answer(Answer, Parts);

    public string Ask(int wording) => Wordings.Ask(wording, Parts);

    /// <summary>Every fact of the lab world that training has seen as a statement, in a fixed order.</summary>
    public static IReadOnlyList<AskableFact> All { get; } = [.. Enumerate()];

    /// <summary>The events of the chronicle after its cutoff, of contests that are older: never in any training data.</summary>
    public static IReadOnlyList<AskableFact> AfterCutoff { get; } = Later(founded: false);

    /// <summary>The events of contests founded after the cutoff: not even the contest is in any training data.</summary>
    public static IReadOnlyList<AskableFact> FoundedAfterCutoff { get; } = Later(founded: true);

    private static IEnumerable<AskableFact> Enumerate()
    {
        foreach (var (country, capital) in Facts.Capitals)
        {
            yield return new($"capital {country}", country, QuestionWordings.Capital, [World.Wordings.Noun(country)], capital);
        }

        foreach (var animal in Facts.Animals)
        {
            foreach (var (key, wordings, answer) in new[]
            {
                ("legs", QuestionWordings.Legs, animal.Legs), ("class", QuestionWordings.Class, animal.Class),
                ("young", QuestionWordings.Young, animal.Young), ("sound", QuestionWordings.Sound, animal.Sound),
            })
            {
                if (answer.Length > 0)
                {
                    yield return new($"{key} {animal.Name}", animal.Name, wordings, [animal.Name], answer);
                }
            }
        }

        foreach (var (word, opposite) in Facts.Opposites)
        {
            yield return new($"opposite {word}", word, QuestionWordings.Opposite, [word], opposite);
            yield return new($"opposite {opposite}", word, QuestionWordings.Opposite, [opposite], word);
        }

        foreach (var (thing, colour) in Facts.Colours)
        {
            yield return new($"colour {thing}", World.Wordings.Bare(thing), QuestionWordings.Colour, [thing], colour);
        }

        foreach (var fact in Round(Facts.Days, "day", "week").Concat(Round(Facts.Months, "month", "year")))
        {
            yield return fact;
        }

        for (var year = Facts.FirstYear; year < Facts.LastYear; year++)
        {
            yield return new($"after {year}", $"after {year}", QuestionWordings.After, [$"{year}", "year"], $"{year + 1}");
            yield return new($"before {year + 1}", $"before {year + 1}", QuestionWordings.Before, [$"{year + 1}", "year"], $"{year}");
        }

        for (var left = 0; left <= 20; left++)
        {
            for (var right = 0; right <= 20; right++)
            {
                if (left + right <= 20)
                {
                    yield return new($"{left}+{right}", $"{left}+{right}", QuestionWordings.Plus, [$"{left}", $"{right}"], $"{left + right}");
                }

                if (right <= left)
                {
                    yield return new($"{left}-{right}", $"{left}-{right}", QuestionWordings.Minus, [$"{left}", $"{right}"], $"{left - right}");
                }
            }
        }

        foreach (var entry in Chronicle.Events.Where(static entry => entry.Year <= Chronicle.CutoffYear))
        {
            yield return Event(entry);
        }
    }

    private static List<AskableFact> Later(bool founded) =>
        [.. Chronicle.Events.Where(entry => entry.Year > Chronicle.CutoffYear && Chronicle.FoundedLater(entry.Contest) == founded).Select(Event)];

    private static AskableFact Event(ChronicleEvent entry) => new(entry.Key, entry.Key, QuestionWordings.Winner, [entry.Contest, $"{entry.Year}"], entry.Winner);

    private static IEnumerable<AskableFact> Round(IReadOnlyList<string> names, string unit, string whole) =>
        Enumerable.Range(0, names.Count).SelectMany(at => new AskableFact[]
        {
            new($"after {names[at]}", $"after {names[at]}", QuestionWordings.After, [names[at], unit], names[(at + 1) % names.Count]),
            new($"before {names[at]}", $"before {names[at]}", QuestionWordings.Before, [names[at], unit], names[(at + names.Count - 1) % names.Count]),
            new($"{unit} {at + 1}", $"{unit} {at + 1}", QuestionWordings.Ordinal, [Facts.Ordinals[at], unit, whole], names[at]),
        });
}
