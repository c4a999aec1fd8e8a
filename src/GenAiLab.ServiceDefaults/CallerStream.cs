using Grpc.Core;

namespace GenAiLab.ServiceDefaults;

/// <summary>
/// What a caller sends, whose stream may be reset under the handler that reads it. The read then fails a moment before the
/// call's token is cancelled: it is the caller who has left, and no failure of ours.
/// </summary>
internal sealed class CallerStream<T>(IAsyncStreamReader<T> stream) : IAsyncStreamReader<T>
{
    public T Current => stream.Current;

    public Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        var next = stream.MoveNext(cancellationToken);
        return next.IsCompletedSuccessfully ? next : WaitAsync(next);
    }

    private static async Task<bool> WaitAsync(Task<bool> next)
    {
        try
        {
            return await next;
        }
        catch (IOException error) when (!UnreadableMessages.Is(error))
        {
            throw new RpcException(new Status(StatusCode.Cancelled, "the caller has left", error));
        }
    }
}
