using Grpc.Core;

namespace GenAiLab.ServiceDefaults.Telemetry;

/// <summary>gRPC statuses as the OpenTelemetry conventions write them: DEADLINE_EXCEEDED, not DeadlineExceeded.</summary>
public static class RpcStatus
{
    // In the order of their numbers.
    private static readonly string[] Names =
    [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS",
        "UNAUTHENTICATED",
    ];

    /// <summary>The name of a status; a number that is none is UNKNOWN, so that there are never more than 17.</summary>
    public static string Name(StatusCode code) => Names[(int)code is var number && number >= 0 && number < Names.Length ? number : (int)StatusCode.Unknown];

    /// <summary>The status that a call ends with whose handler threw this.</summary>
    public static StatusCode Of(Exception error, ServerCallContext context) =>
        error is RpcException known ? known.StatusCode
        // A caller that left shows as a cancelled token, or as an I/O error on its stream.
        : !context.CancellationToken.IsCancellationRequested ? StatusCode.Internal
        : CallDeadline.HasPassed(context) ? StatusCode.DeadlineExceeded : StatusCode.Cancelled;

    /// <summary>Whether the server is to blame, by the conventions; a full queue and a wrong request are no fault of it.</summary>
    public static bool IsServerFault(StatusCode code) =>
        code is StatusCode.Unknown or StatusCode.DeadlineExceeded or StatusCode.Unimplemented or StatusCode.Internal or StatusCode.Unavailable or StatusCode.DataLoss;
}
