using GenAiLab.ServiceDefaults.Health;

namespace GenAiLab.Tokenizer;

/// <summary>What a host needs to serve the Tokenizer.</summary>
public static class TokenizerServiceExtensions
{
    /// <summary>The service's name in discovery, health and telemetry.</summary>
    public const string ServiceName = "tokenizer";

    /// <summary>Adds the service and the loader of its vocabularies.</summary>
    public static IHostApplicationBuilder AddTokenizer(this IHostApplicationBuilder builder)
    {
        builder.Services.AddServiceReadiness(ServiceName);
        builder.Services.AddMetrics();
        builder.Services.AddSingleton<TokenizerTelemetry>();
        builder.Services.AddSingleton<MediaAdmission>();
        builder.Services.AddSingleton<VocabularyCatalog>();
        builder.Services.AddSingleton(static services => new TokenizerGrpcService(
            services.GetRequiredService<VocabularyCatalog>(), services.GetRequiredService<TokenizerTelemetry>(), services.GetRequiredService<MediaAdmission>()));
        builder.Services.AddHostedService<VocabularyLoader>();
        return builder;
    }

    /// <summary>Maps the gRPC service.</summary>
    public static IEndpointRouteBuilder MapTokenizer(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGrpcService<TokenizerGrpcService>();
        return endpoints;
    }
}
