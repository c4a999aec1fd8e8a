namespace GenAiLab.Training.Films;

/// <summary>How a clip is called: "a red ball rolls to the left on grass", or less of that.</summary>
public static class FilmCaption
{
    /// <summary>Every word that a caption can have, in a fixed order.</summary>
    public static IReadOnlyList<string> Words { get; } =
    [
        .. new[] { "a", "an" }.Concat(Director.Kinds).Concat(Director.Colours)
            .Concat(Cast.All.Values.SelectMany(static role => role.Verbs.Values.Append(role.Scene)).SelectMany(static words => words.Split(' ')))
            .Distinct().Order(StringComparer.Ordinal),
    ];

    /// <summary>A caption that names kind and motion and, each as chance will have it, colour and scene.</summary>
    public static string Of(Plot plot, Random random) => Of(plot with { Scene = random.Next(2) == 0 ? "" : plot.Scene, Colour = random.Next(5) > 0 ? plot.Colour : "" });

    /// <summary>A caption that names all that is not empty.</summary>
    public static string Of(Plot plot)
    {
        string[] words = [plot.Colour, plot.Kind, Cast.All[plot.Kind].Verbs[plot.Motion], plot.Scene];
        var text = string.Join(' ', words.Where(static word => word.Length > 0));
        return $"{(text[0] is 'a' or 'e' or 'i' or 'o' or 'u' ? "an" : "a")} {text}";
    }
}
