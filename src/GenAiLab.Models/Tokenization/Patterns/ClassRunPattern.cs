using GenAiLab.Models.Tokenization.Text;

namespace GenAiLab.Models.Tokenization.Patterns;

/// <summary>Longest runs of code points of one class; class 0 is found nowhere.</summary>
internal sealed class ClassRunPattern(Func<int, int> classOf) : TextPattern
{
    public override void Find(ReadOnlySpan<char> text, List<(int Start, int Length)> matches, CancellationToken cancellation)
    {
        var (start, current) = (0, 0);
        for (int at = 0, units; at < text.Length; at += units)
        {
            var kind = classOf(CodePoints.At(text, at, out units));
            if (kind != current)
            {
                Add(at);
                (start, current) = (at, kind);
            }
        }

        Add(text.Length);

        void Add(int end)
        {
            if (current != 0 && end > start)
            {
                matches.Add((start, end - start));
            }
        }
    }
}
