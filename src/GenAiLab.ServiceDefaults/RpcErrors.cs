using System.Diagnostics.CodeAnalysis;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace GenAiLab.ServiceDefaults;

/// <summary>
/// The errors of the lab's contracts as <see cref="RpcException"/>s with google.rpc details
/// (AIP-193): what the caller can mend, never a path or a type of ours.
/// </summary>
public static class RpcErrors
{
    /// <summary>INVALID_ARGUMENT with a google.rpc.BadRequest naming the field.</summary>
    public static RpcException InvalidArgument(string field, string description) =>
        Create(Code.InvalidArgument, $"{field}: {description}", new BadRequest
        {
            FieldViolations = { new BadRequest.Types.FieldViolation { Field = field, Description = description } },
        });

    /// <summary>NOT_FOUND for a named resource, with the names that exist.</summary>
    public static RpcException NotFound(string kind, string name, IEnumerable<string> known) =>
        Create(Code.NotFound, $"there is no {kind} '{Shorten(name)}'; there is: {string.Join(", ", known)}", new ResourceInfo
        {
            ResourceType = kind,
            ResourceName = Shorten(name),
        });

    /// <summary>NOT_FOUND for one of so many things that naming the others helps no one.</summary>
    public static RpcException NotFound(string kind, string name) =>
        Create(Code.NotFound, $"there is no {kind} '{Shorten(name)}'", new ResourceInfo
        {
            ResourceType = kind,
            ResourceName = Shorten(name),
        });

    /// <summary>ALREADY_EXISTS: the name is taken by something else.</summary>
    public static RpcException AlreadyExists(string message) => Create(Code.AlreadyExists, message);

    /// <summary>INTERNAL: the service has failed in a way that the caller cannot mend.</summary>
    public static RpcException Internal(string message) => Create(Code.Internal, message);

    /// <summary>FAILED_PRECONDITION: the request is right, but the thing it names cannot serve.</summary>
    public static RpcException FailedPrecondition(string message) => Create(Code.FailedPrecondition, message);

    /// <summary>UNAVAILABLE: try again later.</summary>
    public static RpcException Unavailable(string message) => Create(Code.Unavailable, message);

    /// <summary>UNAUTHENTICATED: no key, or none that is known.</summary>
    public static RpcException Unauthenticated(string message) => Create(Code.Unauthenticated, message);

    /// <summary>PERMISSION_DENIED: the key is known and may not do this.</summary>
    public static RpcException PermissionDenied(string message) => Create(Code.PermissionDenied, message);

    /// <summary>UNAVAILABLE with a google.rpc.RetryInfo of no delay: this replica ends, another one serves.</summary>
    public static RpcException Leaving(string message) => Create(Code.Unavailable, message, new RetryInfo { RetryDelay = new Duration() });

    /// <summary>RESOURCE_EXHAUSTED with a google.rpc.RetryInfo.</summary>
    public static RpcException ResourceExhausted(string message, TimeSpan retryAfter) =>
        Create(Code.ResourceExhausted, message, new RetryInfo { RetryDelay = Duration.FromTimeSpan(retryAfter) });

    /// <summary>Throws INVALID_ARGUMENT; for use in expressions and guards.</summary>
    [DoesNotReturn]
    public static void ThrowInvalidArgument(string field, string description) => throw InvalidArgument(field, description);

    private static RpcException Create(Code code, string message, params IEnumerable<Google.Protobuf.IMessage> details)
    {
        var status = new Google.Rpc.Status { Code = (int)code, Message = message };
        status.Details.AddRange(details.Select(Any.Pack));
        return status.ToRpcException();
    }

    private static string Shorten(string name) => name.Length <= 128 ? name : name[..128] + "…";
}
