using Grpc.Core;

namespace GenAiLab.Experiments.Calls;

/// <summary>No call of an experiment waits without end.</summary>
public static class CallLimit
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>Options of one call that begins now.</summary>
    public static CallOptions Options(CancellationToken cancellation) => new(deadline: DateTime.UtcNow + Limit, cancellationToken: cancellation);
}
