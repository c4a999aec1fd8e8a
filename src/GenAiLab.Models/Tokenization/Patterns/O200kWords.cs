using GenAiLab.Models.Tokenization.Text;
using static GenAiLab.Models.Tokenization.Patterns.WordTable;

namespace GenAiLab.Models.Tokenization.Patterns;

/// <summary>The words of o200k_base: <see cref="Expression"/>. A word is cut where capitals begin; contractions stay with it.</summary>
internal sealed class O200kWords : WordPattern
{
    public const string Expression =
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?" +
        @"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?" +
        @"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    protected override int End(ReadOnlySpan<char> text, int start)
    {
        var kind = At(text, start, out var units);
        if ((kind & Number) != 0)
        {
            return Digits(text, start, 3);
        }

        // The optional character in front of a word may be a mark, which may begin one as well.
        var behind = (kind & (Letter | Newline)) == 0 ? start + units : -1;
        var (ended, all) = behind >= 0 ? Word(text, behind) : default;
        var (endedHere, allHere) = (kind & (Letter | Caseless)) != 0 && ended == 0 ? Word(text, start) : default;
        var word = ended > 0 ? ended : endedHere > 0 ? endedHere : all > 0 ? all : allHere;
        if (word > 0)
        {
            return word + Contraction(text, word, ignoreCase: true);
        }

        var next = start + units < text.Length ? At(text, start + units, out _) : Space;
        if ((kind & Space) == 0 || (text[start] == ' ' && (next & (Space | Letter | Number)) == 0))
        {
            var end = RunWithout(Letter | Number | Space, text, start + units);
            while (end < text.Length && text[end] is '\r' or '\n' or '/')
            {
                end++;
            }

            return end;
        }

        return SpacesAndLines(text, start);
    }

    // Where [upper]*[lower]+ ends, and where [upper]+ does; 0 where it finds nothing. Caseless letters and marks are both.
    private static (int Ended, int All) Word(ReadOnlySpan<char> text, int start)
    {
        var upper = RunOf(Upper | Caseless, text, start);
        if (upper < text.Length && (At(text, upper, out _) & Lower) != 0)
        {
            return (RunOf(Lower | Caseless, text, upper), 0);
        }

        // The run gives back what it must: up to its last caseless character.
        for (var at = upper; at > start;)
        {
            _ = CodePoints.Before(text, at, out var units);
            if ((At(text, at - units, out _) & Caseless) != 0)
            {
                return (at, 0);
            }

            at -= units;
        }

        return (0, upper > start ? upper : 0);
    }
}
