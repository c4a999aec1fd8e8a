namespace GenAiLab.Tokenizer.ChatTemplates.Rendering;

/// <summary>A template cannot render these messages: it refuses them, or they lead it to a fault or a limit.</summary>
internal sealed class TemplateRenderException : Exception
{
    private const int Longest = 200;

    public TemplateRenderException(string message)
        : base(Shown(message))
    {
    }

    private TemplateRenderException(int line, TemplateRenderException inner)
        : base($"line {line}: {inner.Message}", inner) =>
        IsPlaced = true;

    /// <summary>Whether the message says where, or needs no place: what a template says by raise_exception is its own.</summary>
    public bool IsPlaced { get; init; }

    /// <summary>The same, with the line of the template.</summary>
    public TemplateRenderException At(int line) => new(line, this);

    // A template may put a caller's text into its message: what is reported is short and steers no terminal.
    private static string Shown(string message) => string.Concat(message.EnumerateRunes().Take(Longest)
        .Select(static rune => System.Text.Rune.IsControl(rune) ? " " : rune.ToString()));
}
