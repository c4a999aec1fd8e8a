namespace GenAiLab.Orchestrator.Faces.OpenAi;

/// <summary>What this face's callers call a field of the contract, for errors.</summary>
internal static class OpenAiNames
{
    private static readonly Dictionary<string, string> Names = new(SamplingFields.Aliases)
    {
        ["text"] = "prompt",
        ["tokens"] = "prompt",
        ["candidates"] = "n",
        ["constraint"] = "response_format",
    };

    public static string OfCompletion(string field) => Of(field, ("alternatives", "logprobs"));

    public static string OfChat(string field) => Of(field, ("alternatives", "top_logprobs"));

    public static string OfEmbedding(string field) => Of(field, ("texts", "input"), ("tokens", "input"));

    /// <param name="field">For example <c>sampling.top_k</c>, <c>stop[1]</c>, <c>tokens.ids[3]</c>.</param>
    /// <param name="special">Names that this path calls otherwise.</param>
    private static string Of(string field, params ReadOnlySpan<(string Field, string Name)> special)
    {
        foreach (var prefix in (ReadOnlySpan<string>)["settings.", "request.", "sampling.", "chat."])
        {
            if (field.StartsWith(prefix, StringComparison.Ordinal))
            {
                field = field[prefix.Length..];
            }
        }

        if (field.StartsWith("constraint.", StringComparison.Ordinal))
        {
            return field.Contains(".regex", StringComparison.Ordinal) ? "guided_regex"
                : field.Contains(".choices", StringComparison.Ordinal) ? "guided_choice" : "response_format";
        }

        var end = field.AsSpan().IndexOfAny('.', '[');
        var first = end < 0 ? field : field[..end];
        foreach (var (known, name) in special)
        {
            if (known == first)
            {
                return name;
            }
        }

        // Of messages and tools the whole place is of use, as they are the caller's own.
        return first is "messages" or "tools" ? field : Names.GetValueOrDefault(first, first);
    }
}
