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
}
