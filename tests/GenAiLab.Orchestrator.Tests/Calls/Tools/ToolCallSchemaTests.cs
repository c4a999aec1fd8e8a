using System.Text.Json.Nodes;
using GenAiLab.Orchestrator.Calls.Tools;
using GenAiLab.V1;

namespace GenAiLab.Orchestrator.Tests.Calls.Tools;

public sealed class ToolCallSchemaTests
{
    private const string Tree = """
        {"$schema": "x", "type": "object", "properties": {"left": {"$ref": "#/$defs/n"}, "all": {"$ref": "#"}, "v": {"const": {"$ref": "#/a"}}}, "$defs": {"n": {"type": "null"}}}
        """;

    [Fact]
    public void A_reference_points_into_the_tool_s_own_schema_still()
    {
        var one = JsonNode.Parse(ToolCallSchema.Of([new Tool { Name = "a", ParametersJsonSchema = Tree }]))!;
        var many = JsonNode.Parse(ToolCallSchema.Of([new Tool { Name = "x" }, new Tool { Name = "a", ParametersJsonSchema = Tree }]))!;

        Check(one, "#/properties/arguments");
        Check(many["anyOf"]![1]!, "#/anyOf/1/properties/arguments");
        Assert.Equal("""{"type":"object"}""", many["anyOf"]![0]!["properties"]!["arguments"]!.ToJsonString());

        static void Check(JsonNode call, string root)
        {
            Assert.Equal("a", call["properties"]!["name"]!["const"]!.GetValue<string>());
            Assert.Equal(["name", "arguments"], call["required"]!.AsArray().Select(static name => name!.GetValue<string>()));
            var arguments = call["properties"]!["arguments"]!;
            Assert.Null(arguments["$schema"]);
            Assert.Equal(root + "/$defs/n", arguments["properties"]!["left"]!["$ref"]!.GetValue<string>());
            Assert.Equal(root, arguments["properties"]!["all"]!["$ref"]!.GetValue<string>());
            Assert.Equal("#/a", arguments["properties"]!["v"]!["const"]!["$ref"]!.GetValue<string>());
        }
    }
}
