namespace GenAiLab.Models.Tokenization.Patterns;

/// <summary>Something that is looked for in texts. Immutable and thread-safe.</summary>
internal abstract class TextPattern
{
    /// <summary>Adds where it is found: in order, without overlap.</summary>
    /// <param name="text">Well-formed UTF-16.</param>
    /// <param name="matches">Gets first code unit and length of each place.</param>
    /// <param name="cancellation">Looked at now and then.</param>
    /// <exception cref="TokenizationException">The search takes too long.</exception>
    public abstract void Find(ReadOnlySpan<char> text, List<(int Start, int Length)> matches, CancellationToken cancellation);
}
