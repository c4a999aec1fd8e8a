using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.ChatTemplates;

/// <summary>One message of a conversation.</summary>
/// <param name="Role">Who speaks.</param>
/// <param name="Content">What was said; null in a turn that only calls tools.</param>
internal sealed record ChatTurn(string Role, string? Content)
{
    /// <summary>What the assistant asked to be called.</summary>
    public IReadOnlyList<ChatToolCall> ToolCalls { get; init; } = [];

    /// <summary>The call that this turn is the result of; empty where it is of none.</summary>
    public string ToolCallId { get; init; } = "";

    /// <summary>As templates know it: what OpenAI's API takes.</summary>
    /// <param name="trustedRoles">The roles that may be parts of control tokens.</param>
    public MapValue ToValue(IReadOnlyCollection<string> trustedRoles)
    {
        List<(string, TemplateValue)> entries =
        [
            ("role", TextValue.Of(Role, trustedRoles.Contains(Role))),
            ("content", Content is { } content ? TextValue.Untrusted(content) : NoneValue.Instance),
        ];
        if (ToolCalls.Count > 0)
        {
            entries.Add(("tool_calls", new ListValue([.. ToolCalls.Select(static call => call.ToValue())])));
        }

        if (ToolCallId.Length > 0)
        {
            entries.Add(("tool_call_id", TextValue.Untrusted(ToolCallId)));
        }

        return new MapValue(entries);
    }
}
