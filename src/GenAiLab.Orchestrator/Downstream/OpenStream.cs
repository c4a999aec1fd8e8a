using GenAiLab.Orchestrator.Fleet;
using GenAiLab.Orchestrator.Loop;

namespace GenAiLab.Orchestrator.Downstream;

/// <summary>One decoder's stream and its place there; both end with it.</summary>
internal sealed class OpenStream : IAsyncDisposable
{
    private readonly CancellationTokenSource _cancellation;
    private readonly IAsyncEnumerator<LoopStep> _steps;
    private Task<bool>? _next;

    /// <param name="lease">The place.</param>
    /// <param name="open">Opens the stream when the first step is asked for.</param>
    /// <param name="caller">The caller's token.</param>
    public OpenStream(DecoderLease lease, Func<CancellationToken, IAsyncEnumerable<LoopStep>> open, CancellationToken caller)
    {
        Lease = lease;
        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(caller, lease.Lost);
        _steps = open(_cancellation.Token).GetAsyncEnumerator(CancellationToken.None);
    }

    public DecoderLease Lease { get; }

    public LoopStep Current => _steps.Current;

    /// <summary>Asks for the first step before it is needed; <see cref="NextAsync"/> then gives that one.</summary>
    public Task<bool> Begin() => _next ??= _steps.MoveNextAsync().AsTask();

    /// <summary>The next step.</summary>
    public ValueTask<bool> NextAsync()
    {
        if (_next is not { } begun)
        {
            return _steps.MoveNextAsync();
        }

        _next = null;
        return new ValueTask<bool>(begun);
    }

    public async ValueTask DisposeAsync()
    {
        if (_next is { } begun)
        {
            // An enumerator may not be disposed while it is asked.
            await _cancellation.CancelAsync();
            await begun.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            _ = begun.Exception;
        }

        await _steps.DisposeAsync();
        _cancellation.Dispose();
        Lease.Dispose();
    }
}
