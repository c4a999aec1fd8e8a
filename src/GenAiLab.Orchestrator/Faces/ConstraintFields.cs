using System.Text.Json;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Faces;

/// <summary>What the text must look like: OpenAI's <c>response_format</c>, and vLLM's <c>guided_*</c>.</summary>
internal static class ConstraintFields
{
    /// <returns>Null: anything goes.</returns>
    /// <exception cref="RpcException">INVALID_ARGUMENT: unknown, or two that contradict each other.</exception>
    public static Constraint? Read(JsonFields fields)
    {
        var found = new List<(string Name, Constraint Constraint)>();
        if (Format(fields) is { } format)
        {
            found.Add(("response_format", format));
        }

        if (fields.Text("guided_regex") is { } regex)
        {
            found.Add(("guided_regex", new Constraint { Regex = regex }));
        }

        if (fields.Texts("guided_choice") is { Count: > 0 } choices)
        {
            found.Add(("guided_choice", new Constraint { Choices = new Choices { Texts = { choices } } }));
        }

        if (fields.Any("guided_json") is { } schema)
        {
            found.Add(("guided_json", new Constraint { JsonSchema = schema.ValueKind == JsonValueKind.String ? schema.GetString() : schema.GetRawText() }));
        }

        return found.Count <= 1 ? found.FirstOrDefault().Constraint
            : throw fields.Wrong(found[1].Name, $"contradicts {found[0].Name}");
    }

    private static Constraint? Format(JsonFields fields)
    {
        if (fields.Object("response_format") is not { } format)
        {
            return null;
        }

        var type = format.Text("type") ?? throw format.Wrong("type", "is missing");
        Constraint? constraint;
        switch (type)
        {
            case "text":
                constraint = null;
                break;
            case "json_object":
                constraint = new Constraint { JsonObject = new JsonObject() };
                break;
            case "json_schema":
                constraint = new Constraint { JsonSchema = Schema(format.Object("json_schema") ?? throw format.Wrong("json_schema", "is missing")) };
                break;
            default:
                throw format.Wrong("type", "must be text, json_object or json_schema");
        }

        format.RefuseOthers();
        return constraint;
    }

    // The schema holds in any case: `strict` asks for no more than what is always done.
    private static string Schema(JsonFields named)
    {
        named.Ignore("name", "description", "strict");
        var schema = named.Any("schema") is { ValueKind: JsonValueKind.Object } found ? found : throw named.Wrong("schema", "must be an object");
        named.RefuseOthers();
        return schema.GetRawText();
    }
}
