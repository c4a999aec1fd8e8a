using System.Threading.Channels;
using Grpc.Core;

namespace GenAiLab.ServiceDefaults.InProcess;

/// <summary>
/// One direction of a streaming call: at most <see cref="Capacity"/> messages are on their way, then
/// the writer waits for the reader. Closed by whichever comes first, the writer's end or the call's.
/// </summary>
internal abstract class MessageStream<T>
    where T : class
{
    /// <summary>Enough to hide a thread switch; small, because a message may be a megabyte.</summary>
    public const int Capacity = 4;

    private readonly Channel<T> _channel = Channel.CreateBounded<T>(new BoundedChannelOptions(Capacity) { SingleReader = true });
    private T? _current;
    private int _writing;

    protected MessageStream(InProcessCall call)
    {
        Call = call;
        _ = call.Ended.ContinueWith(
            static (_, channel) => ((Channel<T>)channel!).Writer.TryComplete(), _channel, CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    public T Current => _current ?? throw new InvalidOperationException("There is no message: call MoveNext first.");

    public WriteOptions? WriteOptions { get; set; }

    protected InProcessCall Call { get; }

    protected async Task<bool> ReadAsync(CancellationToken cancellation)
    {
        while (!Call.IsAborted && await _channel.Reader.WaitToReadAsync(cancellation).ConfigureAwait(false))
        {
            if (!Call.IsAborted && _channel.Reader.TryRead(out _current))
            {
                return true;
            }
        }

        _current = null;
        return false;
    }

    /// <returns>False when the stream is closed.</returns>
    protected async Task<bool> TryWriteAsync(T message, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (Interlocked.Exchange(ref _writing, 1) == 1)
        {
            throw new InvalidOperationException("Can't write the message because the previous write is in progress.");
        }

        try
        {
            await _channel.Writer.WriteAsync(message, cancellation).ConfigureAwait(false);
            return true;
        }
        catch (ChannelClosedException)
        {
            return false;
        }
        finally
        {
            Volatile.Write(ref _writing, 0);
        }
    }

    protected bool TryClose() => _channel.Writer.TryComplete();
}

/// <summary>The caller writes, the handler reads.</summary>
internal sealed class RequestStream<T>(InProcessCall call) : MessageStream<T>(call), IClientStreamWriter<T>, IAsyncStreamReader<T>
    where T : class
{
    private bool _completed;

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (await ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            return true;
        }

        // While the handler runs, only its caller or the deadline can have ended the call.
        return Call.Ended.IsCompleted ? throw new OperationCanceledException(Call.ServerToken) : false;
    }

    public Task WriteAsync(T message) => WriteAsync(message, CancellationToken.None);

    public async Task WriteAsync(T message, CancellationToken cancellationToken)
    {
        if (_completed)
        {
            throw new InvalidOperationException("Request stream has already been completed.");
        }

        // As over the wire, cancelling a write cancels the call.
        await using var registration = cancellationToken.UnsafeRegister(static call => ((InProcessCall)call!).Cancel(), Call);
        if (!await TryWriteAsync(message, CancellationToken.None).ConfigureAwait(false))
        {
            throw (await Call.Ended.ConfigureAwait(false)).ToException();
        }
    }

    public Task CompleteAsync()
    {
        _completed = true;
        TryClose();
        return Task.CompletedTask;
    }
}

/// <summary>The handler writes, the caller reads.</summary>
internal sealed class ResponseStream<T>(InProcessCall call) : MessageStream<T>(call), IServerStreamWriter<T>, IAsyncStreamReader<T>
    where T : class
{
    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        // As over the wire, cancelling a read cancels the call.
        await using var registration = cancellationToken.UnsafeRegister(static call => ((InProcessCall)call!).Cancel(), Call);
        if (await ReadAsync(CancellationToken.None).ConfigureAwait(false))
        {
            return true;
        }

        var outcome = await Call.Ended.ConfigureAwait(false);
        return outcome.Status.StatusCode == StatusCode.OK ? false : throw outcome.ToException();
    }

    public Task WriteAsync(T message) => WriteAsync(message, CancellationToken.None);

    public async Task WriteAsync(T message, CancellationToken cancellationToken)
    {
        Call.SendHeaders([]);
        if (!await TryWriteAsync(message, cancellationToken).ConfigureAwait(false))
        {
            throw new OperationCanceledException("The call has ended.", Call.ServerToken);
        }
    }
}
