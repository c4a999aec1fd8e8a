using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using GenAiLab.ServiceDefaults.Security;

namespace GenAiLab.Orchestrator.Faces.OpenAi;

/// <summary>Writes answers: JSON, or events of a stream (WHATWG, "Server-sent events").</summary>
internal static class OpenAiResponse
{
    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        // Not for pages: what a page would take for markup may stand as it is.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static ReadOnlySpan<byte> Data => "data: "u8;

    private static ReadOnlySpan<byte> End => "\n\n"u8;

    public static async Task WriteAsync<T>(HttpContext context, T body, int status = StatusCodes.Status200OK)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        await JsonSerializer.SerializeAsync(context.Response.BodyWriter, body, Format, context.RequestAborted);
    }

    public static Task WriteErrorAsync(HttpContext context, ErrorText error)
    {
        if (error.Wait is { } wait)
        {
            context.Response.Headers.RetryAfter = RetryAfter.Seconds(wait);
            context.Response.Headers["retry-after-ms"] = wait.TotalMilliseconds.ToString("0", System.Globalization.CultureInfo.InvariantCulture);
        }

        return WriteAsync(context, new ErrorBody(error), error.Status);
    }

    /// <summary>The answer is a stream from here on.</summary>
    public static void BeginEvents(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers["X-Accel-Buffering"] = "no";
    }

    /// <summary>One event, on its way when this ends. It waits for a client that reads slowly.</summary>
    public static async Task WriteEventAsync<T>(HttpContext context, T body)
    {
        var writer = context.Response.BodyWriter;
        writer.Write(Data);
        using (var json = new Utf8JsonWriter(writer, new JsonWriterOptions { Encoder = Format.Encoder }))
        {
            JsonSerializer.Serialize(json, body, Format);
        }

        writer.Write(End);
        await writer.FlushAsync(context.RequestAborted);
    }

    public static async Task EndEventsAsync(HttpContext context)
    {
        context.Response.BodyWriter.Write("data: [DONE]\n\n"u8);
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    private static void Write(this System.IO.Pipelines.PipeWriter writer, ReadOnlySpan<byte> bytes) => System.Buffers.BuffersExtensions.Write(writer, bytes);
}
