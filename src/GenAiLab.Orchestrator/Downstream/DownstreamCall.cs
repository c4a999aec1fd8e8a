using GenAiLab.ServiceDefaults;
using Google.Rpc;
using Grpc.Core;
using Status = Google.Rpc.Status;

namespace GenAiLab.Orchestrator.Downstream;

/// <summary>
/// Calls a service behind this one and puts its errors into the words of our contract: what our caller
/// can mend goes through with its details, a lost connection is UNAVAILABLE, the rest is INTERNAL.
/// </summary>
internal static class DownstreamCall
{
    /// <param name="service">The service's name in messages, for example "decoder".</param>
    /// <param name="call">The call.</param>
    /// <param name="cancellation">Our own caller's token.</param>
    /// <exception cref="RpcException">The error, as our caller shall see it.</exception>
    /// <exception cref="OperationCanceledException">Our own caller has left.</exception>
    public static async Task<T> InvokeAsync<T>(string service, Func<Task<T>> call, CancellationToken cancellation)
    {
        try
        {
            return await call();
        }
        catch (RpcException error)
        {
            cancellation.ThrowIfCancellationRequested();
            throw Translate(service, error);
        }
    }

    public static Task InvokeAsync(string service, Func<Task> call, CancellationToken cancellation) =>
        InvokeAsync(
            service,
            async () =>
            {
                await call();
                return true;
            },
            cancellation);

    private static RpcException Translate(string service, RpcException error) => error.StatusCode switch
    {
        StatusCode.InvalidArgument or StatusCode.NotFound or StatusCode.FailedPrecondition or StatusCode.ResourceExhausted =>
            PassOn(error),
        StatusCode.DeadlineExceeded => new RpcException(new Grpc.Core.Status(StatusCode.DeadlineExceeded, "the deadline passed")),
        // Without an exception the service itself said so: it is still loading, or about to end.
        StatusCode.Unavailable when error.Status.DebugException is null => Leaves(error)
            ? RpcErrors.Leaving(error.Status.Detail) : RpcErrors.Unavailable(error.Status.Detail),
        // The service's end of the connection is gone, before the call or in the middle of it.
        StatusCode.Unavailable or StatusCode.Cancelled => Unreachable(service),
        _ when error.Status.DebugException is HttpRequestException or IOException => Unreachable(service),
        _ => new RpcException(new Grpc.Core.Status(StatusCode.Internal, $"the {service} service failed; its log says more")),
    };

    /// <summary>A replica that ends has refused or handed over a stream: another one is to be asked, at once.</summary>
    public static bool Leaves(RpcException error) =>
        error.StatusCode == StatusCode.Unavailable && error.GetRpcStatus()?.GetDetail<RetryInfo>() is not null;

    private static RpcException Unreachable(string service) => RpcErrors.Unavailable($"the {service} service is not reachable");

    private static RpcException PassOn(RpcException error)
    {
        var status = error.GetRpcStatus() ?? new Status { Code = (int)error.StatusCode, Message = error.Status.Detail };
        return FieldNames.Rename(status.ToRpcException(), OurName);
    }

    // The decoder's `open.prompt.ids[3]` is our `tokens.ids[3]`, the tokenizer's `messages` our `chat.messages`.
    private static string OurName(string field)
    {
        if (field.StartsWith("messages", StringComparison.Ordinal) || field.StartsWith("tools", StringComparison.Ordinal))
        {
            return "chat." + field;
        }

        var name = field.StartsWith("open.", StringComparison.Ordinal) ? field["open.".Length..] : field;
        return name.StartsWith("prompt.ids", StringComparison.Ordinal) ? "tokens" + name["prompt".Length..] : name;
    }
}
