namespace GenAiLab.Tokenizer.ChatTemplates;

/// <summary>A template cannot be used: damaged, or more of Jinja than is supported. The message names the place and the cause.</summary>
internal sealed class TemplateSyntaxException(int line, string reason) : Exception($"line {line}: {reason}")
{
    /// <summary>Jinja knows it and we don't: refused by its name, never ignored.</summary>
    public static TemplateSyntaxException Unsupported(int line, string what) => new(line, $"{what} is not supported");
}

/// <summary>A template cannot render these messages: it refuses them, or they lead it to a fault or a limit.</summary>
internal sealed class TemplateRenderException(string message) : Exception(Shown(message))
{
    private const int Longest = 200;

    // A template may put a caller's text into its message: what is reported is short and steers no terminal.
    private static string Shown(string message) => string.Concat(message.EnumerateRunes().Take(Longest)
        .Select(static rune => System.Text.Rune.IsControl(rune) ? " " : rune.ToString()));
}
