namespace GenAiLab.Tokenizer.ChatTemplates.Syntax;

/// <summary>A template cannot be used: damaged, or more of Jinja than is supported. The message names the place and the cause.</summary>
internal sealed class TemplateSyntaxException(int line, string reason) : Exception($"line {line}: {reason}")
{
    /// <summary>Jinja knows it and we don't: refused by its name, never ignored.</summary>
    public static TemplateSyntaxException Unsupported(int line, string what) => new(line, $"{what} is not supported");
}
