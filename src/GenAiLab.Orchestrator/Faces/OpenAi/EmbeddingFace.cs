using System.Runtime.InteropServices;
using System.Text.Json;
using GenAiLab.ServiceDefaults.Security;
using GenAiLab.V1;

namespace GenAiLab.Orchestrator.Faces.OpenAi;

/// <summary>Answers POST /v1/embeddings.</summary>
internal sealed class EmbeddingFace(OwnOrchestrator orchestrator)
{
    public async Task RunAsync(HttpContext context)
    {
        var fields = await OpenAiRequest.ReadAsync(context);
        fields.IgnoreHarmless();
        var request = new OrchestratorEmbedRequest { Model = fields.Text("model") ?? "" };
        ReadInput(fields, request);
        request.Dimensions = fields.Whole("dimensions", 1, int.MaxValue) ?? 0;
        var format = fields.Text("encoding_format") ?? "float";
        if (format is not ("float" or "base64"))
        {
            throw fields.Wrong("encoding_format", "must be float or base64");
        }

        fields.RefuseOthers();
        var response = await orchestrator.For(context.ApiKeyTenant()).EmbedAsync(request, cancellationToken: context.RequestAborted);
        await OpenAiResponse.WriteAsync(context, new ListBody<EmbeddingBody>(
            [.. response.Embeddings.Select((embedding, index) => new EmbeddingBody(format == "base64" ? Base64([.. embedding.Values]) : embedding.Values, index))],
            response.Model,
            new UsageBody(response.Tokens, response.Tokens)));
    }

    private static void ReadInput(JsonFields fields, OrchestratorEmbedRequest request)
    {
        switch (fields.Any("input"))
        {
            case null:
                throw fields.Wrong("input", "is missing");
            case { ValueKind: JsonValueKind.Array } array when array.GetArrayLength() > 0 && array[0].ValueKind == JsonValueKind.Number:
                request.Tokens.Add(TokenArray.Read(fields, array, "input"));
                break;
            case { ValueKind: JsonValueKind.Array } array when array.GetArrayLength() > 0 && array[0].ValueKind == JsonValueKind.Array:
                request.Tokens.AddRange(array.EnumerateArray().Select((tokens, at) => TokenArray.Read(fields, tokens, $"input[{at}]")));
                break;
            default:
                request.Texts.AddRange(fields.Texts("input"));
                break;
        }
    }

    // Little-endian IEEE 754, as the SDKs read it.
    private static string Base64(float[] values)
    {
        var bytes = MemoryMarshal.AsBytes<float>(values).ToArray();
        if (!BitConverter.IsLittleEndian)
        {
            for (var at = 0; at < bytes.Length; at += sizeof(float))
            {
                Array.Reverse(bytes, at, sizeof(float));
            }
        }

        return Convert.ToBase64String(bytes);
    }
}
