using System.Text.Json;
using GenAiLab.ServiceDefaults;
using GenAiLab.ServiceDefaults.Security;
using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Faces;

/// <summary>
/// Refuses JSON with members that the contract does not have, which transcoding would skip: a misspelt parameter must
/// not pass for one that was obeyed. What is wrong otherwise is left to transcoding.
/// </summary>
internal static class KnownJson
{
    private const int MaximumDepth = 100;

    public static void RefuseUnknownJson(this IEndpointConventionBuilder endpoints, Google.Protobuf.Reflection.ServiceDescriptor service) => endpoints.Add(endpoint =>
    {
        var method = endpoint.Metadata.OfType<GrpcMethodMetadata>().FirstOrDefault()?.Method.Name;
        if (endpoint.RequestDelegate is { } next && method is not null && service.FindMethodByName(method)?.InputType is { } input)
        {
            endpoint.RequestDelegate = context => context.Request.HasJsonContentType() ? CheckAsync(context, input, next) : next(context);
        }
    });

    private static async Task CheckAsync(HttpContext context, MessageDescriptor input, RequestDelegate next)
    {
        try
        {
            context.Request.Body = new MemoryStream(await ReadAsync(context), writable: false);
        }
        catch (BadHttpRequestException error)
        {
            await ErrorResponse.WriteAsync(context, new RpcException(new Status(StatusCode.InvalidArgument, error.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? "the body is too long" : "the body breaks off")));
            return;
        }

        if (await UnknownAsync(context.Request.Body, input) is { } unknown)
        {
            await ErrorResponse.WriteAsync(context, RpcErrors.InvalidArgument(unknown, "is not a field that is known here"));
            return;
        }

        context.Request.Body.Position = 0;
        await next(context);
    }

    // Bounded by the limit that the server puts on the body.
    private static async Task<byte[]> ReadAsync(HttpContext context)
    {
        using var copy = new MemoryStream();
        await context.Request.Body.CopyToAsync(copy, context.RequestAborted);
        return copy.ToArray();
    }

    private static async Task<string?> UnknownAsync(Stream body, MessageDescriptor input)
    {
        try
        {
            using var document = await JsonDocument.ParseAsync(body, new JsonDocumentOptions { MaxDepth = MaximumDepth });
            return Unknown(document.RootElement, input, "");
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // The second: a name with half of a surrogate pair. Whoever reads the message says so of both.
            return null;
        }
    }

    private static string? Unknown(JsonElement element, MessageDescriptor message, string path)
    {
        // A well-known type has a JSON of its own.
        if (element.ValueKind != JsonValueKind.Object || message.File.Package == "google.protobuf")
        {
            return null;
        }

        foreach (var member in element.EnumerateObject())
        {
            var name = path + member.Name;
            var field = message.Fields.InFieldNumberOrder().FirstOrDefault(field => field.JsonName == member.Name || field.Name == member.Name);
            if (field is null)
            {
                return name.Length <= 256 ? name : name[..256] + "…";
            }

            if (field.FieldType == FieldType.Message && !field.IsMap && Inside(member.Value, field, name) is { } unknown)
            {
                return unknown;
            }
        }

        return null;
    }

    private static string? Inside(JsonElement value, FieldDescriptor field, string name) => field.IsRepeated && value.ValueKind == JsonValueKind.Array
        ? value.EnumerateArray().Select((item, at) => Unknown(item, field.MessageType, $"{name}[{at}].")).FirstOrDefault(static found => found is not null)
        : Unknown(value, field.MessageType, name + ".");
}
