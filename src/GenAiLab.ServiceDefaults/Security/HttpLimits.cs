using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace GenAiLab.ServiceDefaults.Security;

/// <summary>
/// What holds for requests that are not gRPC. A body is as large as a gRPC message may be. Where the service has a
/// certificate, what comes in the clear by TCP is refused: it would carry prompts and keys in the open, and past the
/// certificate that the gRPC endpoints want. Probes pass.
/// </summary>
internal static class HttpLimits
{
    public static void UseHttpLimits(this WebApplication app, SecurityOptions options) => app.Use((context, next) =>
    {
        if (ErrorResponse.IsGrpc(context.Request) || context.GetEndpoint() is not { } endpoint || endpoint.Metadata.GetMetadata<OpenToEveryone>() is not null)
        {
            return next(context);
        }

        if (options.ServesTls && !context.Request.IsHttps && context.Connection.LocalIpAddress is not null)
        {
            return ErrorResponse.WriteAsync(context, RpcErrors.PermissionDenied("this service has a certificate: call its gRPC endpoint, which speaks HTTP/1.1 too, by https"));
        }

        if (context.Request.ContentLength > ServiceDefaultsExtensions.MaximumReceiveMessageBytes)
        {
            return ErrorResponse.WriteAsync(context, new RpcException(new Status(
                StatusCode.InvalidArgument, $"the body is longer than {ServiceDefaultsExtensions.MaximumReceiveMessageBytes} bytes")));
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } body)
        {
            body.MaxRequestBodySize = ServiceDefaultsExtensions.MaximumReceiveMessageBytes;
        }

        return next(context);
    });
}
