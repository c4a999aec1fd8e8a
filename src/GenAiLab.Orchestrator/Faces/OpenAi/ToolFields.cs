using System.Text.Json;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Faces.OpenAi;

/// <summary>The tools of a POST /v1/chat/completions and whether they are to be called.</summary>
internal static class ToolFields
{
    /// <returns>None where there are no tools or none is to be called.</returns>
    /// <exception cref="RpcException">INVALID_ARGUMENT naming what cannot be used.</exception>
    public static (IReadOnlyList<Tool> Tools, ToolChoice Choice) Read(JsonFields fields)
    {
        fields.Refuse("functions", "is not supported: use tools");
        fields.Refuse("function_call", "is not supported: use tool_choice");
        var listed = (fields.List("tools") ?? []).Select((tool, at) => Tool(JsonFields.Of(tool, $"tools[{at}]"))).ToList();
        var choice = Choice(fields);
        if (listed.Count == 0)
        {
            return choice.Mode == ToolMode.Required ? throw fields.Wrong("tool_choice", "there are no tools to choose from") : ([], choice);
        }

        // By a constraint a call fits its tool's schema; a call that the model makes of itself may not.
        if (choice.Mode == ToolMode.Auto && listed.FindIndex(static tool => tool.IsStrict) is >= 0 and var strict)
        {
            throw fields.Wrong($"tools[{strict}].function.strict", "can be kept only where tool_choice says that a tool must be called");
        }

        return (choice.Mode == ToolMode.None ? [] : [.. listed.Select(static tool => tool.Tool)], choice);
    }

    private static (Tool Tool, bool IsStrict) Tool(JsonFields fields)
    {
        if (fields.Text("type") != "function")
        {
            throw fields.Wrong("type", "must be function");
        }

        var function = fields.Object("function") ?? throw fields.Wrong("function", "is missing");
        var tool = new Tool
        {
            Name = function.Text("name") ?? throw function.Wrong("name", "is missing"),
            Description = function.Text("description") ?? "",
            ParametersJsonSchema = function.Any("parameters") switch
            {
                null => "",
                { ValueKind: JsonValueKind.Object } schema => schema.GetRawText(),
                _ => throw function.Wrong("parameters", "must be a JSON Schema"),
            },
        };
        var strict = function.Flag("strict") ?? false;
        function.RefuseOthers();
        fields.RefuseOthers();
        return (tool, strict);
    }

    private static ToolChoice Choice(JsonFields fields)
    {
        if (fields.Any("tool_choice") is not { } value)
        {
            return new ToolChoice { Mode = ToolMode.Auto };
        }

        if (value.ValueKind == JsonValueKind.Object)
        {
            var named = JsonFields.Of(value, "tool_choice");
            named.Refuse("type", "must be function", static type => type.ValueKind == JsonValueKind.String && type.GetString() == "function");
            var function = named.Object("function") ?? throw named.Wrong("function", "is missing");
            var choice = new ToolChoice { Mode = ToolMode.Required, Name = function.Text("name") ?? throw function.Wrong("name", "is missing") };
            function.RefuseOthers();
            named.RefuseOthers();
            return choice;
        }

        return fields.Text("tool_choice") switch
        {
            "auto" => new ToolChoice { Mode = ToolMode.Auto },
            "none" => new ToolChoice { Mode = ToolMode.None },
            "required" => new ToolChoice { Mode = ToolMode.Required },
            _ => throw fields.Wrong("tool_choice", "must be auto, none, required or a function"),
        };
    }
}
