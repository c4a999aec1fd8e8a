using System.Text;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Requests;

/// <summary>The contract's limits on a conversation. Each throws INVALID_ARGUMENT naming the field.</summary>
internal static class ChatValidation
{
    public const int MaximumMessages = 256;
    public const int MaximumBytes = 1024 * 1024;

    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static void Validate(IReadOnlyList<ChatMessage> messages)
    {
        if (messages.Count is < 1 or > MaximumMessages)
        {
            RpcErrors.ThrowInvalidArgument("chat.messages", $"has {messages.Count} messages; there must be 1 to {MaximumMessages}");
        }

        var bytes = 0L;
        for (var index = 0; index < messages.Count; index++)
        {
            var message = messages[index];
            if (message.Role.Length == 0)
            {
                RpcErrors.ThrowInvalidArgument($"chat.messages[{index}].role", "is missing");
            }

            if (!message.HasContent && message.ToolCalls.Count == 0)
            {
                RpcErrors.ThrowInvalidArgument($"chat.messages[{index}].content", "is missing");
            }

            bytes += Encoding.UTF8.GetByteCount(message.Role) + Encoding.UTF8.GetByteCount(message.Content)
                + Encoding.UTF8.GetByteCount(message.ToolCallId)
                + ToolValidation.Validate(message.ToolCalls, $"chat.messages[{index}].tool_calls");
        }

        if (bytes > MaximumBytes)
        {
            RpcErrors.ThrowInvalidArgument("chat.messages", $"is longer than {MaximumBytes} bytes of UTF-8");
        }
    }
}
