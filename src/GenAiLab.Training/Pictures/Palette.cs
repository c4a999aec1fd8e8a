namespace GenAiLab.Training.Pictures;

/// <summary>The colours that the artist paints with, by index.</summary>
public static class Palette
{
    /// <summary>Red, green, blue of each.</summary>
    public static IReadOnlyList<(byte Red, byte Green, byte Blue)> Colours { get; } =
    [
        (246, 246, 240), (28, 28, 36), (150, 152, 158), (92, 94, 104), (214, 48, 49), (140, 24, 36),
        (240, 140, 40), (134, 84, 48), (248, 214, 72), (126, 200, 80), (46, 140, 62), (24, 84, 48),
        (150, 208, 240), (52, 104, 212), (24, 36, 92), (136, 70, 170), (244, 150, 180), (228, 204, 150),
    ];

    public const byte White = 0, Black = 1, Grey = 2, DarkGrey = 3, Red = 4, DarkRed = 5, Orange = 6, Brown = 7, Yellow = 8,
        LightGreen = 9, Green = 10, DarkGreen = 11, LightBlue = 12, Blue = 13, DarkBlue = 14, Purple = 15, Pink = 16, Sand = 17;

    /// <summary>The colours that captions name, with what shades them and what is drawn on them.</summary>
    public static IReadOnlyList<NamedColour> Named { get; } =
    [
        new("black", Black, DarkGrey, White), new("white", White, Grey, Black), new("grey", Grey, DarkGrey, Black),
        new("red", Red, DarkRed, Black), new("orange", Orange, Brown, Black), new("yellow", Yellow, Orange, Black),
        new("green", Green, DarkGreen, Black), new("blue", Blue, DarkBlue, White), new("purple", Purple, DarkBlue, White),
        new("pink", Pink, Red, Black), new("brown", Brown, DarkRed, Black),
    ];
}

/// <summary>A colour with a name.</summary>
/// <param name="Name">As captions call it.</param>
/// <param name="Body">Index of the colour itself.</param>
/// <param name="Shade">Index of what darkens it.</param>
/// <param name="Mark">Index of what is seen on it: eyes, windows.</param>
public sealed record NamedColour(string Name, byte Body, byte Shade, byte Mark);
