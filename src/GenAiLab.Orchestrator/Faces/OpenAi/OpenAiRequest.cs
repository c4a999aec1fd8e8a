using System.Text.Json;
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
            Read(document.RootElement);
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

    // Lone surrogates have no UTF-8, and the document says so only when a string is taken out of it.
    private static void Read(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                element.GetString();
                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                {
                    Read(item);
                }

                break;
            case JsonValueKind.Object:
                foreach (var member in element.EnumerateObject())
                {
                    _ = member.Name;
                    Read(member.Value);
                }

                break;
        }
    }

    /// <summary>What every request may carry that changes nothing here.</summary>
    public static void IgnoreHarmless(this JsonFields fields) => fields.Ignore(
        "user", "store", "metadata", "service_tier", "safety_identifier", "prompt_cache_key", "prompt_cache_retention");
}
