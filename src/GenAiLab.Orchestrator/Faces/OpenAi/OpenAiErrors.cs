using System.Text.Json.Serialization;
using GenAiLab.ServiceDefaults.Security;
using Google.Rpc;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Faces.OpenAi;

/// <summary>The body of an error: <c>{"error": {...}}</c>.</summary>
internal sealed record ErrorBody(ErrorText Error);

/// <summary>An error as OpenAI's SDKs read it.</summary>
internal sealed record ErrorText(
    string Message,
    string Type,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Param,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Code)
{
    [JsonIgnore]
    public int Status { get; init; }

    /// <summary>How long to wait before the next try; null: nobody knows.</summary>
    [JsonIgnore]
    public TimeSpan? Wait { get; init; }

    /// <param name="error">A status of the contract.</param>
    /// <param name="nameOf">What the face calls a field of the contract.</param>
    public static ErrorText Of(RpcException error, Func<string, string?>? nameOf = null)
    {
        var details = error.GetRpcStatus();
        var violation = details?.GetDetail<BadRequest>()?.FieldViolations.FirstOrDefault();
        var param = violation is null ? null : nameOf is null ? violation.Field : nameOf(violation.Field);
        var message = violation is null ? error.Status.Detail : $"{param ?? violation.Field}: {violation.Description}";
        var (type, code) = error.StatusCode switch
        {
            StatusCode.InvalidArgument or StatusCode.OutOfRange => (InvalidRequest, violation?.Description == Unknown ? "unknown_parameter" : null),
            StatusCode.FailedPrecondition => (InvalidRequest, "failed_precondition"),
            StatusCode.Unauthenticated => (InvalidRequest, "invalid_api_key"),
            StatusCode.PermissionDenied => (InvalidRequest, "insufficient_permissions"),
            StatusCode.NotFound => (InvalidRequest, "model_not_found"),
            StatusCode.ResourceExhausted => ("rate_limit_error", "rate_limit_exceeded"),
            StatusCode.DeadlineExceeded => ("server_error", "timeout"),
            StatusCode.Unavailable => ("server_error", "service_unavailable"),
            _ => ("server_error", (string?)null),
        };
        return new ErrorText(message, type, error.StatusCode == StatusCode.NotFound ? "model" : param, code)
        {
            Status = HttpStatus.Of(error.StatusCode),
            Wait = details?.GetDetail<RetryInfo>()?.RetryDelay?.ToTimeSpan(),
        };
    }

    public const string InvalidRequest = "invalid_request_error";

    private const string Unknown = "is not a parameter that is known here";
}

/// <summary>Refusals of the gate before this face, in its words.</summary>
internal sealed class OpenAiErrorFormat : IErrorFormat
{
    public Task WriteAsync(HttpContext context, RpcException error) => OpenAiResponse.WriteErrorAsync(context, ErrorText.Of(error));
}
