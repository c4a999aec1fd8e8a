namespace GenAiLab.Models.Tokenization.Text;

/// <summary>Code units of an <see cref="AlignedText"/> that belong together: a word, or an added token.</summary>
/// <param name="Start">The first code unit.</param>
/// <param name="Length">How many.</param>
/// <param name="Token">The id of the added token that was found there; -1: text.</param>
internal readonly record struct TextRange(int Start, int Length, int Token = -1)
{
    public int End => Start + Length;

    public bool IsToken => Token >= 0;
}
