using System.Text.Json;
using GenAiLab.Constraints;
using GenAiLab.ServiceDefaults;

namespace GenAiLab.Orchestrator.Faces.OpenAi;

/// <summary>Reads the body of a request.</summary>
internal static class OpenAiRequest
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 64 };

    /// <exception cref="Grpc.Core.RpcException">INVALID_ARGUMENT: the body is no JSON object.</exception>
    /// <exception cref="BadHttpRequestException">The body is too large, or breaks off.</exception>
    public static async Task<JsonFields> ReadAsync(HttpContext context)
    {
        // A page of another site may send text/plain to this machine unasked, but not this type.
        if (!context.Request.HasJsonContentType())
        {
            throw new BadHttpRequestException("the content type must be application/json", StatusCodes.Status415UnsupportedMediaType);
        }

        try
        {
            using var document = await JsonDocument.ParseAsync(context.Request.Body, Strict, context.RequestAborted);
            JsonUnicode.Check(document.RootElement);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new JsonFields(document.RootElement.Clone())
                : throw RpcErrors.InvalidArgument("body", "must be a JSON object");
        }
        catch (InvalidOperationException)
        {
            throw RpcErrors.InvalidArgument("body", "has a string that is not valid Unicode");
        }
        catch (JsonException error)
        {
            throw RpcErrors.InvalidArgument("body", $"is no JSON that can be read, at line {error.LineNumber + 1}");
        }
    }

    /// <summary>What every request may carry that changes nothing here.</summary>
    public static void IgnoreHarmless(this JsonFields fields) => fields.Ignore(
        "user", "store", "metadata", "service_tier", "safety_identifier", "prompt_cache_key", "prompt_cache_retention");
}
