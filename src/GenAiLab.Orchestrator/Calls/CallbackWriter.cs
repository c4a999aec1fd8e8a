using Grpc.Core;

namespace GenAiLab.Orchestrator.Calls;

/// <summary>Hands each message on. Whoever writes waits until it was taken, so a slow reader slows the writer down.</summary>
internal sealed class CallbackWriter<T>(Func<T, Task> write) : IServerStreamWriter<T>
{
    public WriteOptions? WriteOptions { get; set; }

    public Task WriteAsync(T message) => write(message);

    public Task WriteAsync(T message, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return write(message);
    }
}
