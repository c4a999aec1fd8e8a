using GenAiLab.ServiceDefaults;

namespace GenAiLab.Preferences;

/// <summary>
/// Bounds the calls in progress: <c>Preferences:MaximumCalls</c> (256), and of those that stream, which
/// last, <c>Preferences:MaximumStreams</c> (8). What exceeds a bound is refused at once.
/// </summary>
internal sealed class PreferencesAdmission(IConfiguration configuration)
{
    private readonly Bound _calls = new(Math.Max(1, configuration.GetValue("Preferences:MaximumCalls", 256)), "calls");
    private readonly Bound _streams = new(Math.Max(1, configuration.GetValue("Preferences:MaximumStreams", 8)), "exports and imports");

    /// <summary>Admits a call; dispose the result when it has ended.</summary>
    /// <exception cref="Grpc.Core.RpcException">RESOURCE_EXHAUSTED: there are too many.</exception>
    public IDisposable EnterCall() => _calls.Enter();

    /// <summary>Admits an export or an import; dispose the result when it has ended.</summary>
    /// <exception cref="Grpc.Core.RpcException">RESOURCE_EXHAUSTED: there are too many.</exception>
    public IDisposable EnterStream() => _streams.Enter();

    private sealed class Bound(int maximum, string what)
    {
        private int _inside;

        public IDisposable Enter()
        {
            if (Interlocked.Increment(ref _inside) <= maximum)
            {
                return new Ticket(this);
            }

            Interlocked.Decrement(ref _inside);
            throw RpcErrors.ResourceExhausted($"{maximum} {what} are in progress, which is as many as are taken", TimeSpan.FromSeconds(1));
        }

        private sealed class Ticket(Bound bound) : IDisposable
        {
            private int _ended;

            public void Dispose()
            {
                if (Interlocked.Exchange(ref _ended, 1) == 0)
                {
                    Interlocked.Decrement(ref bound._inside);
                }
            }
        }
    }
}
