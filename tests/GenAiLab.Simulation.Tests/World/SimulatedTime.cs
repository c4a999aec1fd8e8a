namespace GenAiLab.Simulation.Tests.World;

/// <summary>
/// Time that passes from one event to the next. Everything that waits, be it for a timer of this provider or for
/// another task, goes on here, in one order that a seed decides. A continuation on another thread breaks a rule:
/// somebody has looked at the real clock.
/// </summary>
internal sealed class SimulatedTime : TimeProvider
{
    // Some thousands are usual.
    private const int MaximumEvents = 500_000;
    private static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly PriorityQueue<Action, (TimeSpan At, long Order)> _events = new();
    private readonly OneThread _context = new();
    private long _order;

    /// <summary>Since the start.</summary>
    public TimeSpan Now { get; private set; }

    /// <summary>How far the wall clock has jumped; durations do not see it.</summary>
    public TimeSpan WallClockError { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Now.Ticks;

    public override DateTimeOffset GetUtcNow() => Epoch + Now + WallClockError;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Something happens after a while; among events of one time the first that was planned.</summary>
    public void After(TimeSpan delay, Action happening) => _events.Enqueue(happening, (Now + delay, _order++));

    /// <summary>Runs events until there is none, or until told to stop.</summary>
    /// <param name="start">What sets everything going.</param>
    /// <param name="goesOn">Asked after each event.</param>
    public void Run(Action start, Func<bool> goesOn)
    {
        var outer = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(_context);
        try
        {
            start();
            _context.Drain();
            for (var events = 0; goesOn() && _events.TryDequeue(out var happening, out var when); events++)
            {
                if (events == MaximumEvents)
                {
                    throw new BrokenRuleException("something goes round in circles");
                }

                Now = when.At;
                happening();
                _context.Drain();
            }
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outer);
        }
    }

    private sealed class Timer(SimulatedTime time, Action callback) : ITimer
    {
        private int _setting;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var setting = ++_setting;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                time.After(dueTime, () =>
                {
                    if (setting == _setting)
                    {
                        callback();
                    }
                });
            }

            return true;
        }

        public void Dispose() => _setting++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }

    private sealed class OneThread : SynchronizationContext
    {
        private readonly int _thread = Environment.CurrentManagedThreadId;
        private readonly Queue<(SendOrPostCallback Callback, object? State)> _posted = new();
        // Who it was.
        private volatile string? _foreign;

        public override void Post(SendOrPostCallback d, object? state)
        {
            if (Environment.CurrentManagedThreadId != _thread)
            {
                // Thrown where it can be seen: on a thread of the pool it would end the process.
                _foreign ??= Environment.StackTrace;
                return;
            }

            _posted.Enqueue((d, state));
        }

        public override SynchronizationContext CreateCopy() => this;

        public void Drain()
        {
            while (_posted.TryDequeue(out var work))
            {
                work.Callback(work.State);
            }

            if (_foreign is { } trace)
            {
                throw new BrokenRuleException($"something waits for the real clock\n{trace}");
            }
        }
    }
}
