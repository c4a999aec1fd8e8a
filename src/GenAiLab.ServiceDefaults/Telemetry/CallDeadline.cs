using System.Diagnostics;
using Grpc.Core;

namespace GenAiLab.ServiceDefaults.Telemetry;

/// <summary>
/// Whether a caller's deadline has passed, by the monotonic clock: <see cref="ServerCallContext.Deadline"/> is a time of the wall clock,
/// which may be set while the call runs.
/// </summary>
internal static class CallDeadline
{
    private static readonly object Key = new();

    /// <summary>Takes note of how long it is until the deadline; at the call's beginning.</summary>
    public static void Note(ServerCallContext context)
    {
        if (context.Deadline != DateTime.MaxValue)
        {
            context.UserState[Key] = (Stopwatch.GetTimestamp(), context.Deadline - DateTime.UtcNow);
        }
    }

    /// <summary>False where there is none.</summary>
    public static bool HasPassed(ServerCallContext context) =>
        context.UserState.TryGetValue(Key, out var noted) && noted is (long began, TimeSpan allowed)
            ? Stopwatch.GetElapsedTime(began) >= allowed
            : context.Deadline <= DateTime.UtcNow;
}
