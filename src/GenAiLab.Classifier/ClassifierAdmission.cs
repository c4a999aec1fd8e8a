using GenAiLab.ServiceDefaults;

namespace GenAiLab.Classifier;

/// <summary>
/// Bounds the calls in progress (<c>Classifier:MaximumCalls</c>, 64) and, of those, the ones in a model at a
/// time (one per core): the rest waits in turn, and what exceeds the bound is refused at once.
/// </summary>
internal sealed class ClassifierAdmission(IConfiguration configuration) : IDisposable
{
    private readonly int _maximumCalls = Math.Max(1, configuration.GetValue("Classifier:MaximumCalls", 64));
    private readonly SemaphoreSlim _models = new(Environment.ProcessorCount);
    private readonly SemaphoreSlim _large = new(1);
    private int _calls;

    /// <summary>Admits a call; dispose the result when it has ended.</summary>
    /// <exception cref="Grpc.Core.RpcException">RESOURCE_EXHAUSTED: there are too many.</exception>
    public IDisposable Enter()
    {
        if (Interlocked.Increment(ref _calls) <= _maximumCalls)
        {
            return new Ticket(this);
        }

        Interlocked.Decrement(ref _calls);
        throw RpcErrors.ResourceExhausted($"{_maximumCalls} calls are in progress, which is as many as are taken", TimeSpan.FromSeconds(1));
    }

    /// <summary>Runs a model off the caller's thread, at most one per core at a time.</summary>
    public async Task<T> RunAsync<T>(Func<T> model, CancellationToken cancellation)
    {
        await _models.WaitAsync(cancellation);
        try
        {
            return await Task.Run(model, cancellation);
        }
        finally
        {
            _models.Release();
        }
    }

    /// <summary>The same for what takes much memory: one at a time, besides the rest.</summary>
    public async Task<T> RunAloneAsync<T>(Func<T> model, CancellationToken cancellation)
    {
        await _large.WaitAsync(cancellation);
        try
        {
            return await RunAsync(model, cancellation);
        }
        finally
        {
            _large.Release();
        }
    }

    public void Dispose()
    {
        _models.Dispose();
        _large.Dispose();
    }

    private sealed class Ticket(ClassifierAdmission admission) : IDisposable
    {
        private int _ended;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _ended, 1) == 0)
            {
                Interlocked.Decrement(ref admission._calls);
            }
        }
    }
}
