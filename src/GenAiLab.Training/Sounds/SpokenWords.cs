using GenAiLab.Training.Pictures;

namespace GenAiLab.Training.Sounds;

/// <summary>The words that are spoken in the lab world.</summary>
public static class SpokenWords
{
    /// <summary>Numbers below ten, by value.</summary>
    public static IReadOnlyList<string> Digits { get; } = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

    /// <summary>What can be drawn, one of it.</summary>
    public static IReadOnlyList<string> Kinds { get; } = Artist.Kinds;

    /// <summary>More of it.</summary>
    public static IReadOnlyList<string> Plurals { get; } = [.. Artist.Kinds.Select(static kind => kind == "fish" ? kind : kind + "s")];

    /// <summary>Colours.</summary>
    public static IReadOnlyList<string> Colours { get; } = [.. Palette.Named.Select(static colour => colour.Name)];

    /// <summary>Sizes.</summary>
    public static IReadOnlyList<string> Sizes { get; } = ["small", "big"];

    /// <summary>Where things are, as captions say it.</summary>
    public static IReadOnlyList<string> Scenes { get; } = Artist.Scenes;

    /// <summary>Directions.</summary>
    public static IReadOnlyList<string> Directions { get; } = ["left", "right", "up", "down"];

    /// <summary>What is done in a direction.</summary>
    public static IReadOnlyList<string> Movements { get; } = ["go", "turn", "look"];

    /// <summary>What is done with a thing.</summary>
    public static IReadOnlyList<string> Deeds { get; } = ["draw", "find", "take"];

    /// <summary>What stands alone.</summary>
    public static IReadOnlyList<string> Answers { get; } = ["yes", "no", "stop", "help"];

    /// <summary>Words that are said alone too, in order of the alphabet: what lab-hear tells apart.</summary>
    public static IReadOnlyList<string> Content { get; } =
    [
        .. Digits.Append("ten").Concat(Kinds).Concat(Plurals).Concat(Colours).Concat(Sizes).Concat(Scenes.Select(static scene => scene.Split(' ')[^1]))
            .Concat(Directions).Concat(Movements).Concat(Deeds).Concat(Answers).Distinct().Order(StringComparer.Ordinal),
    ];

    /// <summary>Every word that is spoken, in order of the alphabet.</summary>
    public static IReadOnlyList<string> All { get; } =
        [.. Content.Concat(Scenes.SelectMany(static scene => scene.Split(' '))).Concat(["a", "an", "the"]).Distinct().Order(StringComparer.Ordinal)];
}
