using GenAiLab.ServiceDefaults;
using GenAiLab.ServiceDefaults.Health;

namespace GenAiLab.Classifier;

/// <summary>What a host needs to serve the Classifier.</summary>
public static class ClassifierServiceExtensions
{
    /// <summary>The service's name in discovery, health and telemetry.</summary>
    public const string ServiceName = "classifier";

    /// <summary>Adds the service, the loader of its models and a client of the Tokenizer.</summary>
    public static IHostApplicationBuilder AddClassifier(this IHostApplicationBuilder builder)
    {
        builder.Services.AddServiceReadiness(ServiceName);
        builder.Services.AddServiceClient<V1.Tokenizer.TokenizerClient>("tokenizer", anyReplica: true);
        builder.Services.AddMetrics();
        builder.Services.AddSingleton<ClassifierTelemetry>();
        builder.Services.AddSingleton<ClassifierCatalog>();
        builder.Services.AddSingleton<ClassifierAdmission>();
        builder.Services.AddSingleton<ClassifierTokenizer>();
        builder.Services.AddSingleton(static services => new ClassifierGrpcService(
            services.GetRequiredService<ClassifierCatalog>(),
            services.GetRequiredService<ClassifierAdmission>(),
            services.GetRequiredService<ClassifierTokenizer>(),
            services.GetRequiredService<ClassifierTelemetry>()));
        builder.Services.AddHostedService<ClassifierLoader>();
        return builder;
    }

    /// <summary>Maps the gRPC service.</summary>
    public static IEndpointRouteBuilder MapClassifier(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGrpcService<ClassifierGrpcService>();
        return endpoints;
    }
}
