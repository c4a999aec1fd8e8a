using GenAiLab.V1;

namespace GenAiLab.Orchestrator.Calls.Tools;

/// <summary>A conversation with tools for a template that knows none: a call is what the assistant said, its result what the user answered.</summary>
internal static class PlainToolTurns
{
    private const string ToolRole = "tool", UserRole = "user";

    /// <summary>Whether there is anything in it that only some templates carry.</summary>
    public static bool AreIn(IEnumerable<ChatMessage> messages) => messages.Any(static message => message.ToolCalls.Count > 0 || message.Role == ToolRole);

    public static IEnumerable<ChatMessage> Spell(IEnumerable<ChatMessage> messages) => messages.Select(static message =>
        message.ToolCalls.Count > 0 ? new ChatMessage { Role = message.Role, Content = Spell(message) }
        : message.Role == ToolRole ? new ChatMessage { Role = UserRole, Content = message.Content }
        : message);

    private static string Spell(ChatMessage message) => string.Join('\n', message.ToolCalls.Select(ToolCallJson.Write).Prepend(message.Content).Where(static part => part.Length > 0));
}
