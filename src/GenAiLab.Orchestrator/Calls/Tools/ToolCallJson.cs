using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json;
using GenAiLab.V1;

namespace GenAiLab.Orchestrator.Calls.Tools;

/// <summary>A call as models write it: <c>{"name": "…", "arguments": {…}}</c>.</summary>
internal static class ToolCallJson
{
    private const string Name = "name", Arguments = "arguments";
    private const int IdLength = 24;

    /// <summary>The call that a text is; false where it is none of one of these tools.</summary>
    public static bool TryRead(string text, IReadOnlySet<string> tools, [NotNullWhen(true)] out ToolCall? call)
    {
        call = null;
        try
        {
            using var document = JsonDocument.Parse(text);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty(Name, out var name)
                || name.ValueKind != JsonValueKind.String || !tools.Contains(name.GetString()!))
            {
                return false;
            }

            var arguments = root.TryGetProperty(Arguments, out var given) ? given.GetRawText() : "{}";
            if (given.ValueKind is not (JsonValueKind.Object or JsonValueKind.Undefined))
            {
                return false;
            }

            call = new ToolCall { Id = "call_" + RandomNumberGenerator.GetHexString(IdLength, lowercase: true), Name = name.GetString()!, ArgumentsJson = arguments };
            return true;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // The second: a string with half of a surrogate pair.
            return false;
        }
    }

    /// <summary>A call as a text.</summary>
    public static string Write(ToolCall call) =>
        $$"""{"{{Name}}": {{JsonSerializer.Serialize(call.Name)}}, "{{Arguments}}": {{(call.ArgumentsJson.Length == 0 ? "{}" : call.ArgumentsJson)}}}""";
}
