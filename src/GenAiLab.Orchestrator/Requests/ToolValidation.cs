using System.Text;
using System.Text.Json;
using GenAiLab.Constraints;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Requests;

/// <summary>The contract's limits on tools and on calls of them. Each throws INVALID_ARGUMENT naming the field.</summary>
internal static class ToolValidation
{
    public const int MaximumTools = 128;
    public const int MaximumBytes = 1024 * 1024;
    private const int MaximumNameLength = 64;

    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static void Validate(IReadOnlyList<Tool> tools, string field)
    {
        if (tools.Count > MaximumTools)
        {
            RpcErrors.ThrowInvalidArgument(field, $"has {tools.Count} tools; at most {MaximumTools}");
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        var bytes = 0L;
        for (var index = 0; index < tools.Count; index++)
        {
            var tool = tools[index];
            ValidateName(tool.Name, $"{field}[{index}].name");
            if (!names.Add(tool.Name))
            {
                RpcErrors.ThrowInvalidArgument($"{field}[{index}].name", "another tool has it");
            }

            ValidateObject(tool.ParametersJsonSchema, $"{field}[{index}].parameters_json_schema");
            bytes += Encoding.UTF8.GetByteCount(tool.Description) + Encoding.UTF8.GetByteCount(tool.ParametersJsonSchema);
        }

        if (bytes > MaximumBytes)
        {
            RpcErrors.ThrowInvalidArgument(field, $"are longer than {MaximumBytes} bytes of UTF-8 together");
        }
    }

    /// <returns>Their length in bytes of UTF-8.</returns>
    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static long Validate(IReadOnlyList<ToolCall> calls, string field)
    {
        if (calls.Count > MaximumTools)
        {
            RpcErrors.ThrowInvalidArgument(field, $"has {calls.Count} calls; at most {MaximumTools}");
        }

        var bytes = 0L;
        for (var index = 0; index < calls.Count; index++)
        {
            ValidateName(calls[index].Name, $"{field}[{index}].name");
            ValidateObject(calls[index].ArgumentsJson, $"{field}[{index}].arguments_json");
            bytes += Encoding.UTF8.GetByteCount(calls[index].Id) + Encoding.UTF8.GetByteCount(calls[index].ArgumentsJson);
        }

        return bytes;
    }

    private static void ValidateName(string name, string field)
    {
        if (name.Length is < 1 or > MaximumNameLength || !name.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-'))
        {
            RpcErrors.ThrowInvalidArgument(field, $"must be 1 to {MaximumNameLength} letters, digits, underscores and hyphens");
        }
    }

    private static void ValidateObject(string json, string field)
    {
        if (json.Length == 0)
        {
            return;
        }

        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                RpcErrors.ThrowInvalidArgument(field, "is no JSON object");
            }

            JsonUnicode.Check(document.RootElement);
        }
        catch (InvalidOperationException)
        {
            RpcErrors.ThrowInvalidArgument(field, "has a string that is not valid Unicode");
        }
        catch (JsonException)
        {
            RpcErrors.ThrowInvalidArgument(field, "is not valid JSON, or nested too deeply");
        }
    }
}
