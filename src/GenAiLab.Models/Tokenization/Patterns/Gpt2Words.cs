using static GenAiLab.Models.Tokenization.Patterns.WordTable;

namespace GenAiLab.Models.Tokenization.Patterns;

/// <summary>The words of GPT-2, which are ByteLevel's: <see cref="Expression"/>.</summary>
internal sealed class Gpt2Words : WordPattern
{
    public const string Expression = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    public static Gpt2Words Instance { get; } = new();

    protected override int End(ReadOnlySpan<char> text, int start)
    {
        if (Contraction(text, start, ignoreCase: false) is > 0 and var length)
        {
            return start + length;
        }

        var at = text[start] == ' ' && start + 1 < text.Length ? start + 1 : start;
        var kind = At(text, at, out _);
        return (kind & Letter) != 0 ? RunOf(Letter, text, at)
            : (kind & Number) != 0 ? RunOf(Number, text, at)
            : (kind & Space) == 0 ? RunWithout(Letter | Number | Space, text, at)
            : Spaces(text, start);
    }
}
