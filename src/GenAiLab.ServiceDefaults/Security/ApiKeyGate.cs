using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using GenAiLab.Security.ApiKeys;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace GenAiLab.ServiceDefaults.Security;

/// <summary>
/// Stands before every gRPC method and every other endpoint where API keys are in force, so that a caller without
/// one gets nothing parsed. Everything is refused but what a key's scope allows, health, and calls of the lab's own
/// services that their certificate proves. Paths where nothing is mapped pass: there is nothing to guard.
/// </summary>
internal sealed partial class ApiKeyGate(RequestDelegate next, SecurityOptions options, ApiKeyStore keys, ILogger<ApiKeyGate> logger)
{
    private const string HealthService = "/grpc.health.v1.Health/";

    public Task InvokeAsync(HttpContext context)
    {
        var method = context.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method;
        if (IsOpen(context) || method?.FullName.StartsWith(HealthService, StringComparison.Ordinal) == true
            || IsTrustedService(context.Connection.ClientCertificate))
        {
            return next(context);
        }

        return Refusal(context) is { } refusal ? ErrorResponse.WriteAsync(context, refusal) : next(context);
    }

    private RpcException? Refusal(HttpContext context)
    {
        if (!AuthenticationHeaderValue.TryParse(context.Request.Headers.Authorization, out var header)
            || !string.Equals(header.Scheme, "Bearer", StringComparison.OrdinalIgnoreCase) || string.IsNullOrEmpty(header.Parameter))
        {
            return RpcErrors.Unauthenticated("this service wants an API key: send the header 'authorization: Bearer KEY'");
        }

        if (keys.Find(header.Parameter) is not { } key)
        {
            return RpcErrors.Unauthenticated("this API key is not known here, or not any more");
        }

        var scope = context.GetEndpoint()?.Metadata.GetMetadata<RequiresScopeAttribute>()?.Scope;
        if (scope is null || !key.Scopes.Contains(scope))
        {
            LogScope(logger, key.Id, context.Request.Path, scope ?? "none");
            return RpcErrors.PermissionDenied(scope is null
                ? "no API key may call this method"
                : $"the API key {key.Id} lacks the scope '{scope}' that this method wants");
        }

        if (keys.Take(key) is { } wait)
        {
            return RpcErrors.ResourceExhausted($"the API key {key.Id} may start {key.PerMinute} calls a minute", wait);
        }

        context.SetCaller(key.Tenant, key.Scopes);
        return null;
    }

    private bool IsTrustedService(X509Certificate2? certificate) =>
        certificate is not null && options.TrustedServices.Contains(certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false));

    private static bool IsOpen(HttpContext context) => !ErrorResponse.IsGrpc(context.Request)
        && (context.GetEndpoint() is not { } endpoint || endpoint.Metadata.GetMetadata<OpenToEveryone>() is not null);

    [LoggerMessage(EventId = 45, Level = LogLevel.Information, Message = "Refused {Method} to the API key {Key}: it lacks the scope {Scope}")]
    private static partial void LogScope(ILogger logger, string key, string method, string scope);
}
