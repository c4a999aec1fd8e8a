namespace GenAiLab.Models.Tokenization.Patterns;

/// <summary>A string, not empty, as it is.</summary>
internal sealed class LiteralPattern(string literal) : TextPattern
{
    public string Literal { get; } = literal;

    public override void Find(ReadOnlySpan<char> text, List<(int Start, int Length)> matches, CancellationToken cancellation)
    {
        for (int at = 0, found; (found = text[at..].IndexOf(Literal, StringComparison.Ordinal)) >= 0; at += found + Literal.Length)
        {
            matches.Add((at + found, Literal.Length));
        }
    }
}
