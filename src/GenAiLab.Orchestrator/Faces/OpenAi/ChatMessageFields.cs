using System.Text;
using System.Text.Json;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Faces.OpenAi;

/// <summary>The conversation of a POST /v1/chat/completions. Roles go to the model's template as they are; developer is what system is called now.</summary>
internal static class ChatMessageFields
{
    /// <exception cref="RpcException">INVALID_ARGUMENT naming what cannot be used.</exception>
    public static IEnumerable<ChatMessage> Read(JsonFields fields)
    {
        var messages = fields.List("messages") ?? throw fields.Wrong("messages", "is missing");
        return [.. messages.Select((message, at) => Message(JsonFields.Of(message, $"messages[{at}]")))];
    }

    private static ChatMessage Message(JsonFields fields)
    {
        var role = fields.Text("role") ?? throw fields.Wrong("role", "is missing");
        var message = new ChatMessage { Role = role == "developer" ? "system" : role };
        if (role is not ("system" or "developer" or "user" or "assistant" or "tool"))
        {
            throw fields.Wrong("role", "must be system, developer, user, assistant or tool");
        }

        fields.Refuse("name", "is not supported: chat templates have no place for it");
        if (Content(fields) is { } content)
        {
            message.Content = content;
        }

        if (role == "assistant")
        {
            fields.Ignore("refusal", "annotations");
            fields.Refuse("audio", "is not supported");
            fields.Refuse("function_call", "is not supported: use tool_calls");
            message.ToolCalls.AddRange((fields.List("tool_calls") ?? []).Select((call, at) => Call(JsonFields.Of(call, fields.Name($"tool_calls[{at}]")))));
        }

        if (role == "tool")
        {
            message.ToolCallId = fields.Text("tool_call_id") ?? throw fields.Wrong("tool_call_id", "is missing");
        }

        fields.RefuseOthers();
        return message;
    }

    private static string? Content(JsonFields fields)
    {
        if (fields.Any("content") is not { } content)
        {
            return null;
        }

        if (content.ValueKind == JsonValueKind.String)
        {
            return fields.Text("content");
        }

        var text = new StringBuilder();
        var at = 0;
        foreach (var item in fields.List("content")!)
        {
            var part = JsonFields.Of(item, fields.Name($"content[{at++}]"));
            var type = part.Text("type");
            text.Append(type switch
            {
                "text" => part.Text("text") ?? throw part.Wrong("text", "is missing"),
                "refusal" => part.Text("refusal") ?? throw part.Wrong("refusal", "is missing"),
                _ => throw part.Wrong("type", "must be text: the models read nothing else"),
            });
            part.RefuseOthers();
        }

        return text.ToString();
    }

    private static ToolCall Call(JsonFields call)
    {
        call.Refuse("type", "must be function", static value => value.ValueKind == JsonValueKind.String && value.GetString() == "function");
        call.Ignore("index");
        var function = call.Object("function") ?? throw call.Wrong("function", "is missing");
        var read = new ToolCall
        {
            Id = call.Text("id") ?? throw call.Wrong("id", "is missing"),
            Name = function.Text("name") ?? throw function.Wrong("name", "is missing"),
            ArgumentsJson = function.Text("arguments") ?? throw function.Wrong("arguments", "is missing"),
        };
        function.RefuseOthers();
        call.RefuseOthers();
        return read;
    }
}
