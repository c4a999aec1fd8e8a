using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace GenAiLab.ServiceDefaults.Security;

/// <summary>An error as the whole answer to a gRPC request: a status in the headers and no body (gRPC over HTTP/2, "Trailers-Only").</summary>
internal static class TrailersOnlyResponse
{
    private const string Details = "grpc-status-details-bin";

    public static Task WriteToAsync(this RpcException error, HttpResponse response)
    {
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "application/grpc";
        response.Headers["grpc-status"] = ((int)error.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture);
        response.Headers["grpc-message"] = Uri.EscapeDataString(error.Status.Detail).Replace("%20", " ", StringComparison.Ordinal);
        if (error.GetRpcStatus() is { Details.Count: > 0 } status)
        {
            response.Headers[Details] = Convert.ToBase64String(status.ToByteArray());
        }

        return response.CompleteAsync();
    }
}
