using GenAiLab.Orchestrator.Faces.KServe;
using GenAiLab.Orchestrator.Faces.OpenAi;
using Google.Protobuf.Reflection;
using Google.Rpc;

namespace GenAiLab.Orchestrator.Faces;

/// <summary>Hosts the faces for clients that already exist: OpenAI's HTTP, KServe's gRPC, and the contract as JSON.</summary>
internal static class FacesExtensions
{
    public static IServiceCollection AddFaces(this IServiceCollection services)
    {
        services.AddSingleton<OwnOrchestrator>();
        services.AddOpenAi();
        services.AddSingleton<InferModels>();
        services.AddGrpc().AddJsonTranscoding(static options =>
        {
            options.TypeRegistry = TypeRegistry.FromMessages(BadRequest.Descriptor, RetryInfo.Descriptor, ResourceInfo.Descriptor);
            // As the JSON mapping of Protocol Buffers says: a seed of 64 bits is no number in JavaScript.
            options.JsonSettings.WriteInt64sAsStrings = true;
        });
        return services;
    }

    public static IEndpointRouteBuilder MapFaces(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapOpenAi();
        endpoints.MapGrpcService<KServeGrpcService>();
        return endpoints;
    }
}
