using GenAiLab.Orchestrator.Calls;
using GenAiLab.Orchestrator.Candidates;
using GenAiLab.Orchestrator.Classifiers;
using GenAiLab.Orchestrator.Constraints;
using GenAiLab.Orchestrator.Downstream;
using GenAiLab.Orchestrator.Faces;
using GenAiLab.Orchestrator.Fleet;
using GenAiLab.Orchestrator.Guards;
using GenAiLab.Orchestrator.Loop;
using GenAiLab.Orchestrator.Media;
using GenAiLab.Orchestrator.Requests;
using GenAiLab.Orchestrator.Search;
using GenAiLab.Orchestrator.Speculation;
using GenAiLab.Orchestrator.Telemetry;
using GenAiLab.Orchestrator.Vocabulary;
using GenAiLab.ServiceDefaults;
using GenAiLab.ServiceDefaults.Health;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace GenAiLab.Orchestrator;

/// <summary>Hosts the orchestrator, in its own process or beside the other services.</summary>
public static class OrchestratorServiceExtensions
{
    /// <summary>
    /// Adds the orchestrator, and the network clients of the tokenizer, the classifier and the decoder unless clients
    /// are registered already. Configuration: <c>Telemetry:CaptureContent</c>; <c>Services:decoder</c> where
    /// there are several decoders, and the section <c>Decoders</c>.
    /// </summary>
    public static IHostApplicationBuilder AddOrchestrator(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddServiceClient<V1.Tokenizer.TokenizerClient>("tokenizer", anyReplica: true);
        services.AddServiceClient<V1.Classifier.ClassifierClient>("classifier", anyReplica: true);
        services.AddDecoders(builder.Configuration);
        services.AddServiceReadiness(Readiness.Name);
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(new OrchestratorOptions(builder.Configuration.GetValue("Telemetry:CaptureContent", false)));
        services.AddSingleton<ModelCatalogue>();
        services.AddSingleton<PieceCache>();
        services.AddSingleton<ChatVocabularies>();
        services.AddSingleton<SpeculationPlanner>();
        services.AddSingleton<ConstraintPlanner>();
        services.AddSingleton<MediaPlanner>();
        services.AddSingleton<FormingMedia>();
        services.AddSingleton<GenerationPlanner>();
        services.AddSingleton<HedgedOpening>();
        services.AddSingleton<TokenSources>();
        services.AddSingleton<ChatCall>();
        services.AddSingleton<CompareCall>();
        services.AddSingleton<BeamSearcher>();
        services.AddSingleton<CandidateRunner>();
        services.AddSingleton<CandidateRankings>();
        services.AddSingleton<ClassifierCatalogue>();
        services.AddSingleton<ClassifierCalls>();
        services.AddSingleton<ClassifierPlanner>();
        services.AddSingleton<ClassifierGuard>();
        services.AddSingleton<ScoreCall>();
        services.AddSingleton<EmbedCall>();
        services.AddSingleton<DerivedCalls>();
        services.AddSingleton<TextEncoder>();
        services.AddSingleton<PromptEncoder>();
        services.AddSingleton<GenerationMeter>();
        services.AddSingleton(static provider => new OrchestratorGrpcService(
            provider.GetRequiredService<GenerationPlanner>(),
            provider.GetRequiredService<CandidateRunner>(),
            provider.GetRequiredService<CandidateRankings>(),
            provider.GetRequiredService<FormingMedia>(),
            provider.GetRequiredService<ModelCatalogue>(),
            provider.GetRequiredService<ChatVocabularies>(),
            provider.GetRequiredService<DerivedCalls>(),
            provider.GetRequiredService<GenerationMeter>(),
            provider.GetRequiredService<OrchestratorOptions>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<OrchestratorGrpcService>>()));
        services.AddHostedService<Readiness>();
        services.AddFaces();
        return builder;
    }

    /// <summary>Maps the gRPC service, and the faces for clients that already exist.</summary>
    public static IEndpointRouteBuilder MapOrchestrator(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGrpcService<OrchestratorGrpcService>().RefuseUnknownJson(V1.Orchestrator.Descriptor);
        endpoints.MapFaces();
        return endpoints;
    }
}
