using GenAiLab.Models.Tokenization.Text;

namespace GenAiLab.Models.Tokenization.Patterns;

/// <summary>Code points of a kind, each a match of its own.</summary>
internal sealed class CharacterPattern(Func<int, bool> matches) : TextPattern
{
    public override void Find(ReadOnlySpan<char> text, List<(int Start, int Length)> found, CancellationToken cancellation)
    {
        for (int at = 0, units; at < text.Length; at += units)
        {
            if (matches(CodePoints.At(text, at, out units)))
            {
                found.Add((at, units));
            }
        }
    }
}
