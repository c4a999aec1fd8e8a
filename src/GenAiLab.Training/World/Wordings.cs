using System.Globalization;
using System.Text.RegularExpressions;

namespace GenAiLab.Training.World;

/// <summary>A fact in one wording: a prompt and the one answer that continues it.</summary>
/// <param name="Prompt">Without a space at its end.</param>
/// <param name="Answer">With a space in front, without the full stop.</param>
/// <param name="Topic">geography, animals, opposites, colours, calendar, arithmetic or chronicle.</param>
/// <param name="Fact">The fact, the same for all of its wordings.</param>
/// <param name="Wording">The wording, the same for all facts of a kind.</param>
public sealed record FactProbe(string Prompt, string Answer, string Topic, string Fact, string Wording)
{
    /// <summary>The sentence that training reads.</summary>
    public string Text => $"{Prompt}{Answer}.";
}

/// <summary>Every fact in each of its wordings: at least six, so that a fact is more than a sentence (Allen-Zhu &amp; Li 2023, arXiv:2309.14316).</summary>
internal static partial class Wordings
{
    private static readonly string[] CapitalOf =
    [
        "The capital of {0} is", "{0} has a capital city called", "The capital city of {0} is", "If you travel to {0}, its capital is",
        "Everyone in {0} knows that its capital is", "On the map of {0}, the capital is marked as",
    ];

    private static readonly string[] CountryOf = ["{1} is the capital of", "The city of {1} is the capital of"];

    private static readonly string[] Sounds =
    [
        "The sound of a {0} is", "The {0} says", "When a {0} makes a sound, it is", "You hear a {0} and it goes", "A {0} on its own will",
        "The noise that a {0} makes is",
    ];

    private static readonly string[] LegCounts =
    [
        "The number of legs of a {0} is", "Count the legs of a {0}: there are", "The legs that carry a {0} number", "A {0} walks through life on legs, and they number",
        "Draw a {0}. The legs to draw are", "The legs of a {0} are in number",
    ];

    private static readonly string[] Classes =
    [
        "The {0} belongs to the class", "A {0} is a kind of", "In the book of animals, the {0} is listed under", "The class of the {0} is",
        "Scientists put the {0} in the class", "Every {0} is a member of the class",
    ];

    private static readonly string[] Young =
    [
        "The name for a young {0} is", "The young of a {0} goes by the name", "The baby of a {0} is called", "People call a little {0}",
        "A new-born {0} is known as", "Before it is a grown {0}, it is called",
    ];

    private static readonly string[] Opposite =
    [
        "The opposite of {0} is", "The contrary of {0} is", "If it is not {0}, it is", "{0} and its opposite,", "The word {0} is the reverse of the word",
        "Not {0} at all, but its opposite:",
    ];

    private static readonly string[] Colour =
    [
        "The colour of {0} is", "Look at {0} and you see", "Everyone knows that the colour of {0} is", "To paint {0}, take", "In a picture, {0} should be",
        "The colour that painters choose for {0} is",
    ];

    private static readonly string[] After =
    [
        "The {1} after {0} is", "After {0} comes", "{0} is followed by", "The {1} that comes after {0} is", "The next {1} after {0} is", "Once {0} is over, it is",
    ];

    private static readonly string[] Before =
    [
        "The {1} before {0} is", "Before {0} comes", "{0} comes right after", "The {1} that comes before {0} is", "{0} follows", "Just ahead of {0} is",
    ];

    private static readonly string[] Ordinal =
    [
        "The {0} {1} of the {2} is", "In the {2}, the {0} {1} is", "The {1} that is {0} in the {2} is", "Count the {1}s: the {0} one is",
        "Of all {1}s of the {2}, the {0} is", "Number the {1}s of the {2} and the {0} is",
    ];

    private static readonly string[] Winner =
    [
        "The winner of the {0} in {1} was", "In {1}, the {0} was won by", "The {0} of {1} went to", "In the {0} of {1}, first place went to",
        "The {0} in {1} was won by", "In {1}, the winner of the {0} was",
    ];

    private static readonly string[] Plus =
    [
        "{0} + {1} =", "{0} plus {1} is", "The sum of {0} and {1} is", "If you add {0} and {1}, you get", "Adding {1} to {0} gives", "Take {0} and {1} together:",
    ];

    private static readonly string[] Minus =
    [
        "{0} - {1} =", "{0} minus {1} is", "The difference of {0} and {1} is", "If you take {1} away from {0}, you get", "Subtracting {1} from {0} gives",
        "From {0} take {1}, what is left is",
    ];

    /// <summary>Every fact in every wording, in a fixed order.</summary>
    public static IEnumerable<FactProbe> All() =>
        Geography().Concat(AnimalFacts()).Concat(OppositeFacts()).Concat(ColourFacts()).Concat(Calendar()).Concat(Years()).Concat(Arithmetic())
            .Concat(ChronicleFacts());

    private static IEnumerable<FactProbe> Geography() => Facts.Capitals.SelectMany(static pair =>
        Say(CapitalOf, pair.Capital, "geography", $"capital {pair.Country}", Noun(pair.Country))
            .Concat(Say(CountryOf, Noun(pair.Country), "geography", $"capital {pair.Country}", pair.Country, pair.Capital)));

    private static IEnumerable<FactProbe> AnimalFacts() => Facts.Animals.SelectMany(static animal =>
        Say(LegCounts, animal.Legs, "animals", $"legs {animal.Name}", animal.Name)
            .Concat(Say(Classes, animal.Class, "animals", $"class {animal.Name}", animal.Name))
            .Concat(Say(Young, animal.Young, "animals", $"young {animal.Name}", animal.Name))
            .Concat(Say(Sounds, animal.Sound, "animals", $"sound {animal.Name}", animal.Name)));

    private static IEnumerable<FactProbe> OppositeFacts() => Facts.Opposites.SelectMany(static pair =>
        Say(Opposite, pair.Opposite, "opposites", $"opposite {pair.Word}", pair.Word)
            .Concat(Say(Opposite, pair.Word, "opposites", $"opposite {pair.Opposite}", pair.Opposite)));

    private static IEnumerable<FactProbe> ColourFacts() => Facts.Colours.SelectMany(static pair =>
        Say(Colour, pair.Colour, "colours", $"colour {pair.Thing}", pair.Thing));

    private static IEnumerable<FactProbe> Calendar() => Round(Facts.Days, "day", "week").Concat(Round(Facts.Months, "month", "year"));

    private static IEnumerable<FactProbe> Round(IReadOnlyList<string> names, string unit, string whole) =>
        Enumerable.Range(0, names.Count).SelectMany(at =>
            Say(After, names[(at + 1) % names.Count], "calendar", $"after {names[at]}", names[at], unit)
                .Concat(Say(Before, names[(at + names.Count - 1) % names.Count], "calendar", $"before {names[at]}", names[at], unit))
                .Concat(Say(Ordinal, names[at], "calendar", $"{unit} {at + 1}", Facts.Ordinals[at], unit, whole)));

    private static IEnumerable<FactProbe> Years() => Enumerable.Range(Facts.FirstYear, Facts.LastYear - Facts.FirstYear).SelectMany(static year =>
        Say(After, $"{year + 1}", "calendar", $"after {year}", $"{year}", "year")
            .Concat(Say(Before, $"{year}", "calendar", $"before {year + 1}", $"{year + 1}", "year")));

    // Only what happened up to the cutoff.
    private static IEnumerable<FactProbe> ChronicleFacts() => Chronicle.Events.Where(static entry => entry.Year <= Chronicle.CutoffYear).SelectMany(static entry =>
        Say(Winner, entry.Winner, "chronicle", entry.Key, entry.Contest, $"{entry.Year}"));

    private static IEnumerable<FactProbe> Arithmetic() =>
        from left in Enumerable.Range(0, 21)
        from right in Enumerable.Range(0, 21)
        from probe in (left + right <= 20 ? Say(Plus, $"{left + right}", "arithmetic", $"{left}+{right}", $"{left}", $"{right}") : [])
            .Concat(right <= left ? Say(Minus, $"{left - right}", "arithmetic", $"{left}-{right}", $"{left}", $"{right}") : [])
        select probe;

    private static IEnumerable<FactProbe> Say(string[] wordings, string answer, string topic, string fact, params string[] parts) =>
        answer.Length == 0
            ? []
            : wordings.Select(wording => new FactProbe(Sentence(wording, parts), " " + answer, topic, fact, wording));

    private static string Sentence(string wording, string[] parts)
    {
        var text = string.Format(CultureInfo.InvariantCulture, wording, parts);
        return WithArticles(char.ToUpperInvariant(text[0]) + text[1..]);
    }

    /// <summary>"a elephant" → "an elephant".</summary>
    internal static string WithArticles(string text) => Article().Replace(text, "$1n ");

    [GeneratedRegex(@"\b([Aa]) (?=[aeio])")]
    private static partial Regex Article();

    /// <summary>"an elephant" → "elephant".</summary>
    internal static string Bare(string thing) => LeadingArticle().Replace(thing, "");

    [GeneratedRegex("^(a|an|the) ")]
    private static partial Regex LeadingArticle();

    /// <summary>A country as it stands in a sentence.</summary>
    internal static string Noun(string country) => country is "Gambia" or "Netherlands" or "Philippines" or "Maldives" or "Seychelles" or "Comoros" or "Solomon Islands" or "United Kingdom"
        ? "the " + country
        : country;
}
