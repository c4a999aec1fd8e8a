using System.Runtime.CompilerServices;
using Grpc.Core;

namespace GenAiLab.Client;

/// <summary>gRPC calls as .NET callers expect them: what they cancel is an <see cref="OperationCanceledException"/>.</summary>
internal static class ObservedCalls
{
    /// <summary>The messages of a stream. The call begins with the enumeration and ends with it, at the server too.</summary>
    public static async IAsyncEnumerable<T> ReadAsync<T>(
        Func<CancellationToken, AsyncServerStreamingCall<T>> start, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var call = start(cancellation);
        while (await ObserveAsync(call.ResponseStream.MoveNext(cancellation), cancellation))
        {
            yield return call.ResponseStream.Current;
        }
    }

    /// <summary>The response of a unary call.</summary>
    public static async Task<T> ObserveAsync<T>(this AsyncUnaryCall<T> call, CancellationToken cancellation)
    {
        using (call)
        {
            return await ObserveAsync(call.ResponseAsync, cancellation);
        }
    }

    private static async Task<T> ObserveAsync<T>(Task<T> task, CancellationToken cancellation)
    {
        try
        {
            return await task;
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.Cancelled && cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(error.Status.Detail, error, cancellation);
        }
    }
}
