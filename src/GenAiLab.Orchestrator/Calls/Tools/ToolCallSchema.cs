using System.Text.Json.Nodes;
using GenAiLab.V1;
using JsonObject = System.Text.Json.Nodes.JsonObject;

namespace GenAiLab.Orchestrator.Calls.Tools;

/// <summary>The JSON Schema of a call of one of several tools.</summary>
internal static class ToolCallSchema
{
    // What stands under these is a value and no schema.
    private static readonly string[] Values = ["const", "enum", "default", "examples"];

    /// <param name="tools">At least one, checked.</param>
    public static string Of(IReadOnlyList<Tool> tools) => (tools.Count == 1
        ? Call(tools[0], "#")
        : new JsonObject { ["anyOf"] = new JsonArray([.. tools.Select(static (tool, index) => Call(tool, $"#/anyOf/{index}"))]) }).ToJsonString();

    private static JsonObject Call(Tool tool, string place)
    {
        var arguments = tool.ParametersJsonSchema.Length == 0
            ? new JsonObject { ["type"] = "object" }
            : JsonNode.Parse(tool.ParametersJsonSchema)!.AsObject();
        arguments.Remove("$schema");
        arguments.Remove("$id");
        MoveReferences(arguments, $"{place}/properties/arguments");
        return new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject { ["name"] = new JsonObject { ["const"] = tool.Name }, ["arguments"] = arguments },
            ["required"] = new JsonArray("name", "arguments"),
            ["additionalProperties"] = false,
        };
    }

    // The tool's schema was a document of its own, and its references begin at its root.
    private static void MoveReferences(JsonNode? node, string root)
    {
        switch (node)
        {
            case JsonObject schema:
                foreach (var (key, value) in schema.ToList())
                {
                    if (key == "$ref" && value is JsonValue reference && reference.TryGetValue<string>(out var target) && target.StartsWith('#'))
                    {
                        schema[key] = root + target[1..];
                    }
                    else if (!Values.Contains(key))
                    {
                        MoveReferences(value, root);
                    }
                }

                break;
            case JsonArray schemas:
                foreach (var schema in schemas)
                {
                    MoveReferences(schema, root);
                }

                break;
        }
    }
}
