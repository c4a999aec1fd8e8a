using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;

namespace GenAiLab.Client;

/// <summary>What an error of the lab says beyond its status.</summary>
public static class RpcExceptionExtensions
{
    /// <summary>The fields that an INVALID_ARGUMENT names, with what is wrong; empty for every other error.</summary>
    public static IReadOnlyList<BadRequest.Types.FieldViolation> GetFieldViolations(this RpcException error) =>
        error.GetDetail<BadRequest>()?.FieldViolations ?? (IReadOnlyList<BadRequest.Types.FieldViolation>)[];

    /// <summary>How long to wait before the next try, when a RESOURCE_EXHAUSTED says so.</summary>
    public static TimeSpan? GetRetryDelay(this RpcException error) => error.GetDetail<RetryInfo>()?.RetryDelay?.ToTimeSpan();

    private static T? GetDetail<T>(this RpcException error)
        where T : class, IMessage<T>, new()
    {
        try
        {
            return error.GetRpcStatus()?.GetDetail<T>();
        }
        catch (InvalidProtocolBufferException)
        {
            // Details are a courtesy; a proxy that garbled them leaves the status.
            return null;
        }
    }
}
