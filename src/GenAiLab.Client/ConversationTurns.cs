using System.Text.Json;
using Microsoft.Extensions.AI;

namespace GenAiLab.Client;

/// <summary>Messages as the turns that a chat template spells.</summary>
internal static class ConversationTurns
{
    // One line: what a model reads costs tokens.
    private static readonly JsonSerializerOptions OneLine = new(AIJsonUtilities.DefaultOptions) { WriteIndented = false };

    /// <summary>The instructions as a system turn, then the messages; each result of a function is a turn of its own.</summary>
    /// <exception cref="NotSupportedException">A content that is neither text nor a function's call or result; the message names it.</exception>
    public static IEnumerable<V1.ChatMessage> From(IEnumerable<ChatMessage> messages, string? instructions)
    {
        ArgumentNullException.ThrowIfNull(messages);
        if (!string.IsNullOrEmpty(instructions))
        {
            yield return new V1.ChatMessage { Role = ChatRole.System.Value, Content = instructions };
        }

        foreach (var turn in messages.SelectMany(From))
        {
            yield return turn;
        }
    }

    private static IEnumerable<V1.ChatMessage> From(ChatMessage message)
    {
        var spoken = new V1.ChatMessage { Role = message.Role.Value };
        var results = 0;
        foreach (var content in message.Contents)
        {
            switch (content)
            {
                case TextContent text:
                    spoken.Content += text.Text;
                    break;
                case FunctionCallContent call:
                    spoken.ToolCalls.Add(new V1.ToolCall { Id = call.CallId, Name = call.Name, ArgumentsJson = Json(call.Arguments ?? new Dictionary<string, object?>()) });
                    break;
                case FunctionResultContent result:
                    results++;
                    yield return new V1.ChatMessage { Role = ChatRole.Tool.Value, Content = Text(result.Result), ToolCallId = result.CallId };
                    break;
                case TextReasoningContent or UsageContent:
                    // Notes of an answer, not what was said.
                    break;
                default:
                    throw Unsupported(content);
            }
        }

        if (spoken.ToolCalls.Count == 0 && !spoken.HasContent)
        {
            if (results > 0)
            {
                yield break;
            }

            spoken.Content = "";
        }

        yield return spoken;
    }

    private static string Text(object? result) => result switch
    {
        null => "",
        string text => text,
        JsonElement { ValueKind: JsonValueKind.String } text => text.GetString()!,
        TextContent text => text.Text,
        AIContent content => throw Unsupported(content),
        IEnumerable<AIContent> contents => string.Concat(contents.Select(Text)),
        _ => Json(result),
    };

    private static string Json(object value) => JsonSerializer.Serialize(value, OneLine);

    private static NotSupportedException Unsupported(AIContent content) => new(content switch
    {
        DataContent data => $"content of type {data.MediaType} (DataContent): the lab's models take text",
        UriContent uri => $"content of type {uri.MediaType} (UriContent): the lab's models take text",
        _ => $"{content.GetType().Name}: the lab's models take text, function calls and function results",
    });
}
