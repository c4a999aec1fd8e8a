namespace GenAiLab.Orchestrator.Fleet;

/// <summary>A pause, again and again, that somebody may cut short; once before it begins is enough. One waits, everybody may end it.</summary>
internal sealed class ShortenedPause(TimeProvider time)
{
    private volatile TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <exception cref="OperationCanceledException">By <paramref name="cancellation"/>.</exception>
    public async Task WaitAsync(TimeSpan pause, CancellationToken cancellation)
    {
        var ended = _ended;
        using (time.CreateTimer(static source => ((TaskCompletionSource)source!).TrySetResult(), ended, pause, Timeout.InfiniteTimeSpan))
        using (cancellation.Register(static source => ((TaskCompletionSource)source!).TrySetResult(), ended))
        {
            await ended.Task;
        }

        // Whoever ends it between these lines wants what the waiter is about to do in any case.
        _ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cancellation.ThrowIfCancellationRequested();
    }

    /// <summary>Ends the pause, or the next one.</summary>
    public void End() => _ended.TrySetResult();
}
