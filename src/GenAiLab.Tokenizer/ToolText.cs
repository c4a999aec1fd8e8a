using System.Text.Json;
using GenAiLab.ServiceDefaults;
using GenAiLab.Tokenizer.ChatTemplates;
using GenAiLab.Tokenizer.ChatTemplates.Rendering;
using GenAiLab.Tokenizer.ChatTemplates.Values;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Tokenizer;

/// <summary>The contract's limits on tools and calls of them. Each throws INVALID_ARGUMENT naming the field.</summary>
internal static class ToolText
{
    /// <summary>The most tools of a conversation, and the most calls of one turn.</summary>
    public const int MaximumTools = 128;

    private const int MaximumNameLength = 64;
    private static readonly JsonElement NoArguments = JsonElement.Parse("{}");
    private static readonly JsonElement AnyArguments = JsonElement.Parse("""{"type": "object", "properties": {}}""");

    /// <param name="field">The tools' name.</param>
    /// <param name="tools">What the model may call.</param>
    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static IReadOnlyList<ChatTool> Check(string field, IReadOnlyList<Tool> tools)
    {
        if (tools.Count > MaximumTools)
        {
            RpcErrors.ThrowInvalidArgument(field, $"{tools.Count} tools; at most {MaximumTools}");
        }

        var checkedTools = new List<ChatTool>(tools.Count);
        var names = new HashSet<string>(StringComparer.Ordinal);
        var bytes = 0L;
        for (var index = 0; index < tools.Count; index++)
        {
            var tool = tools[index];
            CheckName($"{field}[{index}].name", tool.Name);
            if (!names.Add(tool.Name))
            {
                RpcErrors.ThrowInvalidArgument($"{field}[{index}].name", "another tool has it");
            }

            bytes += RequestText.Check($"{field}[{index}].description", tool.Description)
                + RequestText.Check($"{field}[{index}].parameters_json_schema", tool.ParametersJsonSchema);
            var parameters = ReadObject($"{field}[{index}].parameters_json_schema", tool.ParametersJsonSchema, AnyArguments);
            checkedTools.Add(new ChatTool(tool.Name, tool.Description, parameters));
        }

        return bytes <= RequestText.MaximumBytes
            ? checkedTools
            : throw RpcErrors.InvalidArgument(field, $"{bytes:N0} bytes of UTF-8 together; at most {RequestText.MaximumBytes:N0}");
    }

    /// <param name="calls">Of one turn.</param>
    /// <param name="field">Their name.</param>
    /// <param name="bytes">Their length in UTF-8.</param>
    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static IReadOnlyList<ChatToolCall> Check(IReadOnlyList<ToolCall> calls, string field, out long bytes)
    {
        bytes = 0;
        if (calls.Count > MaximumTools)
        {
            RpcErrors.ThrowInvalidArgument(field, $"{calls.Count} calls; at most {MaximumTools}");
        }

        var checkedCalls = new List<ChatToolCall>(calls.Count);
        for (var index = 0; index < calls.Count; index++)
        {
            var call = calls[index];
            CheckName($"{field}[{index}].name", call.Name);
            bytes += RequestText.Check($"{field}[{index}].id", call.Id) + RequestText.Check($"{field}[{index}].arguments_json", call.ArgumentsJson);
            checkedCalls.Add(new ChatToolCall(call.Id, call.Name, ReadObject($"{field}[{index}].arguments_json", call.ArgumentsJson, NoArguments)));
        }

        return checkedCalls;
    }

    private static void CheckName(string field, string name)
    {
        if (name.Length is < 1 or > MaximumNameLength || !name.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-'))
        {
            RpcErrors.ThrowInvalidArgument(field, $"must be 1 to {MaximumNameLength} letters, digits, underscores and hyphens");
        }
    }

    private static JsonElement ReadObject(string field, string json, JsonElement absent)
    {
        if (json.Length == 0)
        {
            return absent;
        }

        try
        {
            var value = JsonElement.Parse(json);
            _ = JsonValues.Read(value); // Templates will: what it cannot hold is named here.
            return value.ValueKind == JsonValueKind.Object ? value : throw RpcErrors.InvalidArgument(field, "is no JSON object");
        }
        catch (InvalidOperationException)
        {
            throw RpcErrors.InvalidArgument(field, "holds half a surrogate pair");
        }
        catch (TemplateRenderException error)
        {
            throw RpcErrors.InvalidArgument(field, $"holds {error.Message}");
        }
        catch (JsonException)
        {
            throw RpcErrors.InvalidArgument(field, "is not valid JSON, or nested too deeply");
        }
    }
}
