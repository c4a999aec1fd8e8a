using System.Text.Json;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Faces.OpenAi;

/// <summary>Token ids in place of a text.</summary>
internal static class TokenArray
{
    /// <exception cref="RpcException">INVALID_ARGUMENT: something else.</exception>
    public static TokenIds Read(JsonFields fields, JsonElement element, string name)
    {
        if (element.ValueKind != JsonValueKind.Array)
        {
            throw fields.Wrong(name, "must be a string or an array of token ids");
        }

        var tokens = new TokenIds();
        foreach (var item in element.EnumerateArray())
        {
            tokens.Ids.Add(item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out var id) ? id : throw fields.Wrong(name, "must be an array of token ids"));
        }

        return tokens;
    }
}
