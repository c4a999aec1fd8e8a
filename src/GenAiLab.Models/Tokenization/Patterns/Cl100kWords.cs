using static GenAiLab.Models.Tokenization.Patterns.WordTable;

namespace GenAiLab.Models.Tokenization.Patterns;

/// <summary>The words of cl100k_base, Llama 3 (numbers of up to three digits) and Qwen 2 (single digits).</summary>
internal sealed class Cl100kWords(int digits) : WordPattern
{
    public const string Expression =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    public const string SingleDigitsExpression =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    protected override int End(ReadOnlySpan<char> text, int start)
    {
        if (Contraction(text, start, ignoreCase: true) is > 0 and var length)
        {
            return start + length;
        }

        var kind = At(text, start, out var units);
        if ((kind & Letter) != 0)
        {
            return RunOf(Letter, text, start);
        }

        if ((kind & Number) != 0)
        {
            return Digits(text, start, digits);
        }

        var next = start + units < text.Length ? At(text, start + units, out _) : Space;
        if ((kind & Newline) == 0 && (next & Letter) != 0)
        {
            return RunOf(Letter, text, start + units);
        }

        if ((kind & Space) == 0 || (text[start] == ' ' && (next & (Space | Letter | Number)) == 0))
        {
            return RunOf(Newline, text, RunWithout(Letter | Number | Space, text, start + units));
        }

        return SpacesAndLines(text, start);
    }
}
