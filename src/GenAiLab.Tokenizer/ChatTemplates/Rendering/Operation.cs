using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.ChatTemplates.Rendering;

/// <summary>A filter, test, method or function.</summary>
/// <param name="Name">As templates write it.</param>
/// <param name="Signature">What it takes besides its subject.</param>
/// <param name="Apply">What it makes of its subject; a function has none.</param>
internal sealed record Operation(string Name, Signature Signature, Operate Apply)
{
    /// <exception cref="TemplateRenderException">The arguments don't fit, or it cannot be done.</exception>
    public TemplateValue Run(TemplateValue subject, CallArguments arguments, Renderer renderer) =>
        Apply(subject, Signature.Bind(Name, arguments), renderer);
}

/// <summary>What an <see cref="Operation"/> does.</summary>
/// <param name="subject">What stands before the bar, "is" or the dot.</param>
/// <param name="arguments">Fitted to the signature.</param>
/// <param name="renderer">The rendering that pays for it.</param>
internal delegate TemplateValue Operate(TemplateValue subject, BoundArguments arguments, Renderer renderer);

/// <summary>The arguments of a call.</summary>
/// <param name="Positional">In order.</param>
/// <param name="Named">By name.</param>
internal sealed record CallArguments(IReadOnlyList<TemplateValue> Positional, IReadOnlyList<KeyValuePair<string, TemplateValue>> Named)
{
    public static readonly CallArguments Empty = new([], []);

    /// <summary>These without the first so many.</summary>
    public CallArguments After(int count) => this with { Positional = [.. Positional.Skip(count)] };
}
