using GenAiLab.Models.Tokenization.Normalizers;
using GenAiLab.Models.Tokenization.Patterns;
using GenAiLab.Models.Tokenization.Text;

namespace GenAiLab.Models.Tokenization.PreTokenizers;

/// <summary>GPT-2's: a space in front if asked for, words by its pattern if asked for, each byte spelled as a letter.</summary>
internal sealed class ByteLevelCutter(bool addPrefixSpace, bool useRegex) : TextCutter
{
    private readonly PatternSplit _words = new(Gpt2Words.Instance, SplitBehavior.Isolated);

    public override void Apply(TextParts parts)
    {
        Cut(parts);
        parts.Rewrite(range => ByteLevelNormalizer.Spell(parts.Text, range.Start, range.End));
    }

    /// <summary>Cuts without spelling bytes as letters, for a model that takes bytes.</summary>
    public void Cut(TextParts parts)
    {
        if (addPrefixSpace && parts.Ranges.Any(range => !range.IsToken && parts.Text.Letters[range.Start] != ' '))
        {
            parts.Rewrite(range =>
            {
                if (parts.Text.Letters[range.Start] != ' ')
                {
                    parts.Text.Put(' ', range.Start);
                }

                parts.Text.Copy(range.Start, range.End);
            });
        }

        if (useRegex)
        {
            _words.Apply(parts);
        }
    }
}
