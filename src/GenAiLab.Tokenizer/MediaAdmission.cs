using GenAiLab.ServiceDefaults;

namespace GenAiLab.Tokenizer;

/// <summary>
/// Bounds the media that are read or made at a time (one per core) and those that wait for it
/// (<c>Tokenizer:MaximumMedia</c>, 64, with those in work): a picture of the largest size takes a third of a gigabyte.
/// </summary>
internal sealed class MediaAdmission(IConfiguration configuration) : IDisposable
{
    private readonly int _maximum = Math.Max(1, configuration.GetValue("Tokenizer:MaximumMedia", 64));
    private readonly SemaphoreSlim _working = new(Environment.ProcessorCount);
    private int _admitted;

    /// <summary>Runs work off the caller's thread.</summary>
    /// <exception cref="Grpc.Core.RpcException">RESOURCE_EXHAUSTED: too many wait.</exception>
    public async Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellation)
    {
        try
        {
            if (Interlocked.Increment(ref _admitted) > _maximum)
            {
                throw RpcErrors.ResourceExhausted($"{_maximum} pictures, sounds or films are being read or made, which is as many as are taken", TimeSpan.FromSeconds(1));
            }

            await _working.WaitAsync(cancellation);
            try
            {
                return await Task.Run(work, cancellation);
            }
            finally
            {
                _working.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _admitted);
        }
    }

    public void Dispose() => _working.Dispose();
}
