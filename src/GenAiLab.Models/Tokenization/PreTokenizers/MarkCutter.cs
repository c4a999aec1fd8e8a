using GenAiLab.Models.Tokenization.Models;
using GenAiLab.Models.Tokenization.Text;

namespace GenAiLab.Models.Tokenization.PreTokenizers;

/// <summary>Cuts in front of each run of a mark: not in the file, but without effect on the tokens (<see cref="CharacterBpe.CutsBefore"/>), and faster.</summary>
internal sealed class MarkCutter(char mark) : TextCutter
{
    public override void Apply(TextParts parts) => parts.Cut((range, output) =>
    {
        var letters = parts.Text.Letters.Slice(range.Start, range.Length);
        for (var start = 0; start < letters.Length;)
        {
            var word = letters[start..].IndexOfAnyExcept(mark) is >= 0 and var run ? start + run : letters.Length;
            var end = letters[word..].IndexOf(mark) is >= 0 and var next ? word + next : letters.Length;
            output.Add(new TextRange(range.Start + start, end - start));
            start = end;
        }
    });
}
