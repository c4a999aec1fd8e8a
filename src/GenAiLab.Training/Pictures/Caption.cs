namespace GenAiLab.Training.Pictures;

/// <summary>How a drawing is called: "a small black cat on grass", or less of that.</summary>
public static class Caption
{
    /// <summary>Every word that a caption can have, in a fixed order.</summary>
    public static IReadOnlyList<string> Words { get; } =
    [
        .. new[] { "a", "an", "small", "big" }.Concat(Artist.Kinds).Concat(Palette.Named.Select(static colour => colour.Name))
            .Concat(Artist.Scenes.SelectMany(static scene => scene.Split(' '))).Distinct().Order(StringComparer.Ordinal),
    ];

    /// <summary>A caption that names the kind and, each as chance will have it, size, colour and scene.</summary>
    public static string Of(Subject subject, Random random) => Of(
        subject with { Size = random.Next(2) == 0 ? "" : subject.Size, Scene = random.Next(2) == 0 ? "" : subject.Scene }, colour: random.Next(5) > 0);

    /// <summary>A caption that names all that is not empty.</summary>
    public static string Of(Subject subject, bool colour = true)
    {
        string[] words = [subject.Size, colour ? subject.Colour : "", subject.Kind, subject.Scene];
        var text = string.Join(' ', words.Where(static word => word.Length > 0));
        return $"{(text[0] is 'a' or 'e' or 'i' or 'o' or 'u' ? "an" : "a")} {text}";
    }
}
