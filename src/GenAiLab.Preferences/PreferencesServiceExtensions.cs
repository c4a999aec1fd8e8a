using GenAiLab.ServiceDefaults.Health;

namespace GenAiLab.Preferences;

/// <summary>What a host needs to serve the Preferences.</summary>
public static class PreferencesServiceExtensions
{
    /// <summary>The service's name in discovery, health and telemetry.</summary>
    public const string ServiceName = "preferences";

    /// <summary>Adds the service and what opens its database.</summary>
    public static IHostApplicationBuilder AddPreferences(this IHostApplicationBuilder builder)
    {
        builder.Services.AddServiceReadiness(ServiceName);
        builder.Services.AddMetrics();
        builder.Services.AddSingleton<PreferencesTelemetry>();
        builder.Services.AddSingleton<PreferencesAdmission>();
        builder.Services.AddSingleton<PreferenceStoreOpener>();
        builder.Services.AddHostedService(static services => services.GetRequiredService<PreferenceStoreOpener>());
        builder.Services.AddSingleton(static services => new PreferencesGrpcService(
            services.GetRequiredService<PreferenceStoreOpener>(),
            services.GetRequiredService<PreferencesAdmission>(),
            services.GetRequiredService<PreferencesTelemetry>()));
        return builder;
    }

    /// <summary>Maps the gRPC service.</summary>
    public static IEndpointRouteBuilder MapPreferences(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGrpcService<PreferencesGrpcService>();
        return endpoints;
    }
}
