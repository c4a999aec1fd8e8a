using System.Text.Json;
using System.Text.Json.Nodes;
using GenAiLab.Tokenizer.ChatTemplates;
using GenAiLab.Tokenizer.ChatTemplates.Rendering;
using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.Tests.ChatTemplates;

/// <summary>A conversation as a template gets it, for us and for those that we are compared with.</summary>
internal sealed record RenderCase(string Template, IReadOnlyList<ChatTurn> Turns, IReadOnlyList<ChatTool> Tools, bool AddGenerationPrompt)
{
    /// <summary>When strftime_now is asked.</summary>
    public static readonly DateTimeOffset Now = new(2024, 7, 5, 3, 4, 9, TimeSpan.Zero);

    /// <summary>The special tokens of every template.</summary>
    public static readonly IReadOnlyDictionary<string, TemplateValue> Tokens = new Dictionary<string, TemplateValue>
    {
        ["bos_token"] = TextValue.Trusted("<s>"),
        ["eos_token"] = TextValue.Trusted("</s>"),
        ["unk_token"] = TextValue.Trusted("<unk>"),
        ["pad_token"] = TextValue.Trusted("<pad>"),
    };

    private static readonly TimeProvider Clock = new FixedClock();

    /// <summary>A template with these tokens and that time.</summary>
    public static ChatTemplate Parse(string source) => ChatTemplate.Parse(source, Tokens, clock: Clock);

    /// <summary>Our rendering.</summary>
    /// <exception cref="TemplateRenderException">The template refuses it.</exception>
    public TextValue Render(ChatTemplate template) => template.Render(Turns, Tools, AddGenerationPrompt, TestContext.Current.CancellationToken);

    /// <summary>What Transformers would give to the template.</summary>
    public JsonObject Context()
    {
        var context = new JsonObject
        {
            ["messages"] = new JsonArray([.. Turns.Select(static turn => ToJson(turn))]),
            ["tools"] = Tools.Count == 0 ? null : new JsonArray([.. Tools.Select(static tool => new JsonObject
            {
                ["type"] = "function",
                ["function"] = new JsonObject
                {
                    ["name"] = tool.Name,
                    ["description"] = tool.Description,
                    ["parameters"] = JsonNode.Parse(tool.Parameters.GetRawText()),
                },
            })]),
            ["documents"] = null,
            ["add_generation_prompt"] = AddGenerationPrompt,
        };
        foreach (var (name, token) in Tokens)
        {
            context[name] = ((TextValue)token).Text;
        }

        return context;
    }

    /// <summary>For the messages of failing tests.</summary>
    public override string ToString() => $"{Template}, prompt {AddGenerationPrompt}: {JsonSerializer.Serialize(Context()["messages"])} tools {Context()["tools"]?.ToJsonString()}";

    private static JsonObject ToJson(ChatTurn turn)
    {
        var json = new JsonObject { ["role"] = turn.Role, ["content"] = turn.Content };
        if (turn.ToolCalls.Count > 0)
        {
            json["tool_calls"] = new JsonArray([.. turn.ToolCalls.Select(static call => new JsonObject
            {
                ["id"] = call.Id,
                ["type"] = "function",
                ["function"] = new JsonObject { ["name"] = call.Name, ["arguments"] = JsonNode.Parse(call.Arguments.GetRawText()) },
            })]);
        }

        if (turn.ToolCallId.Length > 0)
        {
            json["tool_call_id"] = turn.ToolCallId;
        }

        return json;
    }

    private sealed class FixedClock : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
