using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Rpc;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace GenAiLab.ServiceDefaults.Security;

/// <summary>An error as the whole answer to a request, in the words of whoever asked: gRPC, the endpoint's own, or google.rpc.Status as JSON.</summary>
public static class ErrorResponse
{
    private static readonly JsonFormatter Formatter = new(new JsonFormatter.Settings(
        formatDefaultValues: false, TypeRegistry.FromMessages(BadRequest.Descriptor, RetryInfo.Descriptor, ResourceInfo.Descriptor)));

    /// <summary>Answers with an error; nothing was written yet.</summary>
    public static Task WriteAsync(HttpContext context, RpcException error)
    {
        if (IsGrpc(context.Request))
        {
            return error.WriteToAsync(context.Response);
        }

        if (error.GetRpcStatus()?.GetDetail<RetryInfo>()?.RetryDelay?.ToTimeSpan() is { } delay)
        {
            context.Response.Headers.RetryAfter = RetryAfter.Seconds(delay);
        }

        if (error.StatusCode == StatusCode.Unauthenticated)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
        }

        return context.GetEndpoint()?.Metadata.GetMetadata<IErrorFormat>() is { } format
            ? format.WriteAsync(context, error)
            : WriteStatusAsync(context, error);
    }

    internal static bool IsGrpc(Microsoft.AspNetCore.Http.HttpRequest request) => request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true;

    private static Task WriteStatusAsync(HttpContext context, RpcException error)
    {
        context.Response.StatusCode = HttpStatus.Of(error.StatusCode);
        context.Response.ContentType = "application/json";
        var status = error.GetRpcStatus() ?? new Google.Rpc.Status { Code = (int)error.StatusCode, Message = error.Status.Detail };
        return context.Response.WriteAsync(Formatter.Format(status), context.RequestAborted);
    }
}
