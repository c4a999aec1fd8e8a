using System.Text;
using GenAiLab.ServiceDefaults;
using GenAiLab.Tokenizer.ChatTemplates;
using GenAiLab.V1;

namespace GenAiLab.Tokenizer;

/// <summary>The contract's limits on texts and conversations. Each throws INVALID_ARGUMENT naming the field.</summary>
internal static class RequestText
{
    /// <summary>The longest text, and the longest conversation, in bytes of UTF-8.</summary>
    public const int MaximumBytes = 1024 * 1024;

    /// <summary>The most messages of a conversation.</summary>
    public const int MaximumMessages = 256;

    /// <returns>The text's length in bytes of UTF-8.</returns>
    public static int Check(string field, string text)
    {
        var bytes = Encoding.UTF8.GetByteCount(text);
        if (bytes > MaximumBytes)
        {
            RpcErrors.ThrowInvalidArgument(field, $"{bytes:N0} bytes of UTF-8; at most {MaximumBytes:N0}");
        }

        // Cannot come over the wire, but from a caller in the same process.
        for (var at = 0; at < text.Length; at++)
        {
            if (!char.IsSurrogate(text[at]))
            {
                continue;
            }

            if (at + 1 == text.Length || !char.IsSurrogatePair(text[at], text[at + 1]))
            {
                RpcErrors.ThrowInvalidArgument(field, $"half a surrogate pair at {at}");
            }

            at++;
        }

        return bytes;
    }

    /// <param name="field">The messages' name.</param>
    /// <param name="messages">The conversation.</param>
    public static IReadOnlyList<ChatTurn> Check(string field, IReadOnlyList<ChatMessage> messages)
    {
        if (messages.Count is < 1 or > MaximumMessages)
        {
            RpcErrors.ThrowInvalidArgument(field, $"{messages.Count} messages; there must be 1 to {MaximumMessages}");
        }

        var turns = new List<ChatTurn>(messages.Count);
        var bytes = 0L;
        for (var index = 0; index < messages.Count; index++)
        {
            var message = messages[index];
            if (message.Role.Length == 0)
            {
                RpcErrors.ThrowInvalidArgument($"{field}[{index}].role", "is missing");
            }

            if (!message.HasContent && message.ToolCalls.Count == 0)
            {
                RpcErrors.ThrowInvalidArgument($"{field}[{index}].content", "is missing");
            }

            bytes += Check($"{field}[{index}].role", message.Role) + Check($"{field}[{index}].content", message.Content)
                + Check($"{field}[{index}].tool_call_id", message.ToolCallId);
            turns.Add(new ChatTurn(message.Role, message.HasContent ? message.Content : null)
            {
                ToolCalls = ToolText.Check(message.ToolCalls, $"{field}[{index}].tool_calls", out var callBytes),
                ToolCallId = message.ToolCallId,
            });
            bytes += callBytes;
        }

        return bytes <= MaximumBytes
            ? turns
            : throw RpcErrors.InvalidArgument(field, $"{bytes:N0} bytes of UTF-8 together; at most {MaximumBytes:N0}");
    }
}
