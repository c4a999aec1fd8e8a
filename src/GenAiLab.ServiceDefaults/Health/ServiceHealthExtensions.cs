using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace GenAiLab.ServiceDefaults.Health;

/// <summary>Registers readiness under the standard gRPC health service.</summary>
public static class ServiceHealthExtensions
{
    /// <summary>
    /// The gRPC health service that says SERVING for as long as the process answers, also while it loads, drains
    /// or waits for its database: what restarts a service must ask this one, or it would end streams that drain.
    /// </summary>
    public const string Alive = "alive";

    internal static void AddServiceHealth(this IServiceCollection services)
    {
        services.AddGrpcHealthChecks(static options => options.Services.Map(Alive, static check => check.Name == Alive));
        // A name without any check would be UNKNOWN.
        services.AddHealthChecks().AddCheck(Alive, static () => HealthCheckResult.Healthy());
        // Watchers of the gRPC health service hear of a change within a second.
        services.Configure<HealthCheckPublisherOptions>(static options =>
        {
            options.Delay = TimeSpan.Zero;
            options.Period = TimeSpan.FromSeconds(1);
        });
    }

    /// <summary>The names under which readiness was registered so far.</summary>
    public static IEnumerable<string> ReadinessNames(this IServiceCollection services) => services
        .Where(static service => service.IsKeyedService && service.ServiceType == typeof(ServiceReadiness))
        .Select(static service => (string)service.ServiceKey!);

    /// <summary>
    /// Registers a readiness under a name and as keyed singleton, so that several services can share
    /// one process: each owns its own, and the process is ready when all are.
    /// </summary>
    public static IServiceCollection AddServiceReadiness(this IServiceCollection services, string name)
    {
        services.TryAddKeyedSingleton<ServiceReadiness>(name);
        services.AddHealthChecks().Add(new HealthCheckRegistration(
            name, provider => provider.GetRequiredKeyedService<ServiceReadiness>(name), HealthStatus.Unhealthy, tags: null));
        return services;
    }
}
