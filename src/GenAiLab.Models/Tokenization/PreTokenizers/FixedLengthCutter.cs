using GenAiLab.Models.Tokenization.Files;
using GenAiLab.Models.Tokenization.Text;

namespace GenAiLab.Models.Tokenization.PreTokenizers;

/// <summary>Cuts parts of a number of characters; the last may be shorter.</summary>
internal sealed class FixedLengthCutter : TextCutter
{
    private readonly int _length;

    public FixedLengthCutter(int length, TokenizerComponent component) =>
        _length = length > 0 ? length : throw component.Wrong("has a 'length' of 0");

    public override void Apply(TextParts parts) => parts.Cut((range, output) =>
    {
        var (start, count) = (range.Start, 0);
        for (int at = range.Start, units; at < range.End;)
        {
            CodePoints.At(parts.Text.Letters, at, out units);
            at += units;
            if (++count == _length || at == range.End)
            {
                output.Add(new TextRange(start, at - start));
                (start, count) = (at, 0);
            }
        }
    });
}
