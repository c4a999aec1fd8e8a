using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace GenAiLab.ServiceDefaults.Health;

/// <summary>
/// Whether a service may be called: false until its models are loaded and warmed up, or its database is open. Thread-safe;
/// owned by the background loader of the service that registers it.
/// </summary>
public sealed class ServiceReadiness : IHealthCheck
{
    private readonly TaskCompletionSource _verdict = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string? _obstacle = "what it serves from is being loaded";

    /// <summary>True once <see cref="MarkReady"/> was called.</summary>
    public bool IsReady => _obstacle is null;

    /// <summary>Why <see cref="IsReady"/> is false; null when it is true.</summary>
    public string? Obstacle => _obstacle;

    /// <summary>Completes when loading has ended for the first time, well or badly.</summary>
    public Task Verdict => _verdict.Task;

    /// <summary>The service answers SERVING from now on.</summary>
    public void MarkReady()
    {
        _obstacle = null;
        _verdict.TrySetResult();
    }

    /// <summary>The service answers NOT_SERVING, with this reason in the HTTP health report.</summary>
    public void MarkNotReady(string reason)
    {
        _obstacle = reason;
        _verdict.TrySetResult();
    }

    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_obstacle is { } reason ? HealthCheckResult.Unhealthy(reason) : HealthCheckResult.Healthy());
}
