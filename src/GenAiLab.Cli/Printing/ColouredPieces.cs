using GenAiLab.V1;
using Spectre.Console;

namespace GenAiLab.Cli.Printing;

/// <summary>A text with its tokens told apart by colour or, where there is none, by bars.</summary>
internal static class ColouredPieces
{
    private static readonly Color[] Backgrounds = [Color.LightSkyBlue1, Color.PaleGreen1, Color.LightGoldenrod1, Color.Pink1, Color.Plum1];
    private static readonly Color SpecialBackground = Color.Red1;

    /// <summary>Writes the pieces of a text, one after another, and an end of line.</summary>
    /// <param name="console">What is written to.</param>
    /// <param name="tokens">The tokens in order.</param>
    public static void Write(IAnsiConsole console, IReadOnlyList<Token> tokens)
    {
        var coloured = console.Profile.Capabilities.Ansi && console.Profile.Capabilities.ColorSystem != ColorSystem.NoColors;
        var line = new Paragraph();
        for (var at = 0; at < tokens.Count; at++)
        {
            // What a piece says must not steer the terminal: line breaks and half characters are spelled out.
            var text = TokenText.Quote(tokens[at].Piece)[1..^1];
            if (coloured)
            {
                line.Append(text, new Style(Color.Black, tokens[at].Special ? SpecialBackground : Backgrounds[at % Backgrounds.Length]));
            }
            else
            {
                line.Append(at == 0 ? text : "|" + text);
            }
        }

        console.Write(line);
        console.WriteLine();
    }
}
