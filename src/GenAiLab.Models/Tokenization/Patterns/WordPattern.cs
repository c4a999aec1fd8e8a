namespace GenAiLab.Models.Tokenization.Patterns;

/// <summary>A pattern that leaves no character out: its matches lie end to end. Written by hand where a regular expression is known and slow.</summary>
internal abstract class WordPattern : TextPattern
{
    private const int WordsBetweenChecks = 0x1000;

    public sealed override void Find(ReadOnlySpan<char> text, List<(int Start, int Length)> matches, CancellationToken cancellation)
    {
        for (var at = 0; at < text.Length;)
        {
            var end = End(text, at);
            matches.Add((at, end - at));
            at = end;
            if (matches.Count % WordsBetweenChecks == 0)
            {
                cancellation.ThrowIfCancellationRequested();
            }
        }
    }

    /// <summary>Where the word that begins at an index ends.</summary>
    protected abstract int End(ReadOnlySpan<char> text, int start);

    /// <summary>Where the run of characters that have one of the kinds ends.</summary>
    protected static int RunOf(byte kinds, ReadOnlySpan<char> text, int start)
    {
        var at = start;
        while (at < text.Length && (WordTable.At(text, at, out var units) & kinds) != 0)
        {
            at += units;
        }

        return at;
    }

    /// <summary>Where the run of characters that have none of the kinds ends.</summary>
    protected static int RunWithout(byte kinds, ReadOnlySpan<char> text, int start)
    {
        var at = start;
        while (at < text.Length && (WordTable.At(text, at, out var units) & kinds) == 0)
        {
            at += units;
        }

        return at;
    }

    /// <summary>\p{N}{1,limit}</summary>
    protected static int Digits(ReadOnlySpan<char> text, int start, int limit)
    {
        var at = start;
        for (var digits = 0; digits < limit && at < text.Length && (WordTable.At(text, at, out var units) & WordTable.Number) != 0; digits++)
        {
            at += units;
        }

        return at;
    }

    /// <summary>\s+(?!\S)|\s+: all of it at the end of the text, else all but the last character, which the next word may take.</summary>
    protected static int Spaces(ReadOnlySpan<char> text, int start)
    {
        var end = RunOf(WordTable.Space, text, start);
        return end == text.Length || end == start + 1 ? end : end - 1;
    }

    /// <summary>\s*[\r\n]+|\s+(?!\S)|\s+: up to the last line break of the run, where there is one.</summary>
    protected static int SpacesAndLines(ReadOnlySpan<char> text, int start)
    {
        var end = RunOf(WordTable.Space, text, start);
        var line = text[start..end].LastIndexOfAny('\r', '\n');
        return line >= 0 ? start + line + 1 : end == text.Length || end == start + 1 ? end : end - 1;
    }

    /// <summary>(?i:'s|'t|'re|'ve|'m|'ll|'d), 0 where there is none. U+017F folds to s.</summary>
    protected static int Contraction(ReadOnlySpan<char> text, int start, bool ignoreCase)
    {
        if (start + 1 >= text.Length || text[start] != '\'')
        {
            return 0;
        }

        var first = Fold(text[start + 1]);
        if (first is 's' or 't' or 'm' or 'd')
        {
            return 2;
        }

        return start + 2 < text.Length && (first, Fold(text[start + 2])) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? 3 : 0;

        char Fold(char letter) => !ignoreCase ? letter : letter == '\u017F' ? 's' : letter is >= 'A' and <= 'Z' ? (char)(letter | 0x20) : letter;
    }
}
