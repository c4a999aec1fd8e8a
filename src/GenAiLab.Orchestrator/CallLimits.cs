using Grpc.Core;

namespace GenAiLab.Orchestrator;

/// <summary>
/// The deadline and the cancellation of the calls that are made for a caller. gRPC's deadlines are times of the wall clock: one
/// that is kept while a generation runs would pass early, or late, when that clock is set meanwhile. This one is kept by the
/// monotonic clock, and is told to each call by the wall clock of its moment.
/// </summary>
internal readonly struct CallLimits
{
    // Beyond what clocks can add up to, and longer than any call.
    private static readonly TimeSpan Endless = TimeSpan.FromDays(3650);

    private readonly CallOptions _options;
    private readonly TimeProvider? _time;
    private readonly long _began;
    private readonly TimeSpan? _allowed;

    /// <param name="options">Of a call that comes in now, or is made now.</param>
    /// <param name="time">Both clocks; null: those of the system.</param>
    public CallLimits(CallOptions options, TimeProvider? time = null)
        : this(options, time, options.Deadline is { } deadline ? deadline.ToUniversalTime() - (time ?? TimeProvider.System).GetUtcNow().UtcDateTime : null)
    {
    }

    private CallLimits(CallOptions options, TimeProvider? time, TimeSpan? allowed)
    {
        (_options, _time, _began) = (options, time, (time ?? TimeProvider.System).GetTimestamp());
        _allowed = allowed < Endless ? allowed : null;
    }

    /// <summary>The caller's, or what took its place.</summary>
    public CancellationToken CancellationToken => _options.CancellationToken;

    /// <summary>How long it is until the deadline; not positive: it has passed; null: there is none.</summary>
    public TimeSpan? Left => _allowed - Time.GetElapsedTime(_began);

    private TimeProvider Time => _time ?? TimeProvider.System;

    public static implicit operator CallLimits(CallOptions options) => new(options);

    public static implicit operator CallOptions(CallLimits limits) =>
        limits.Left is { } left ? limits._options.WithDeadline(limits.Time.GetUtcNow().UtcDateTime + left) : limits._options;

    /// <summary>The same deadline, and another cancellation.</summary>
    public CallLimits WithCancellationToken(CancellationToken cancellation) => new(_options.WithCancellationToken(cancellation), _time, Left);

    /// <summary>The same cancellation, and the deadline so long from now.</summary>
    public CallLimits WithDeadlineAfter(TimeSpan limit) => new(_options, _time, limit);
}
