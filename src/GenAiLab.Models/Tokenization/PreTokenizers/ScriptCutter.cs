using GenAiLab.Models.Tokenization.Text;
using GenAiLab.Models.Tokenization.Unicode;

namespace GenAiLab.Models.Tokenization.PreTokenizers;

/// <summary>Cuts where the script changes, as SentencePiece does: kana count as Han, spaces and characters of no script as what they follow.</summary>
internal sealed class ScriptCutter : TextCutter
{
    private const int Unknown = -2;
    private static readonly int Han = Scripts.ByName("Han");
    private static readonly int Hiragana = Scripts.ByName("Hiragana");
    private static readonly int Katakana = Scripts.ByName("Katakana");

    public override void Apply(TextParts parts) => parts.Cut((range, output) =>
    {
        // Before anything is known each character counts as a change, and what lies in front of the first one is dropped.
        var (last, start) = (Unknown, -1);
        for (int at = range.Start, units; at < range.End; at += units)
        {
            var script = Of(CodePoints.At(parts.Text.Letters, at, out units));
            if (script != Scripts.None && last != script)
            {
                Add(at);
                start = at;
            }

            last = script != Scripts.None ? script : last;
        }

        Add(range.End);

        void Add(int end)
        {
            if (start >= 0 && end > start)
            {
                output.Add(new TextRange(start, end - start));
            }
        }
    });

    private static int Of(int point)
    {
        var script = point == 0x30FC ? Han : point == ' ' ? Scripts.None : Scripts.Of(point);
        return script == Hiragana || script == Katakana ? Han : script;
    }
}
