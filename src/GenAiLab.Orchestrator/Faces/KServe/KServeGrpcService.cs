using System.Reflection;
using GenAiLab.Inference;
using GenAiLab.Orchestrator.Downstream;
using GenAiLab.Security.ApiKeys;
using GenAiLab.ServiceDefaults;
using GenAiLab.ServiceDefaults.Health;
using GenAiLab.ServiceDefaults.Security;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Faces.KServe;

/// <summary>The Open Inference Protocol: generators and classifiers as models with tensors.</summary>
[RequiresScope(ApiScopes.Generate)]
internal sealed class KServeGrpcService(
    InferModels models, OwnOrchestrator orchestrator, V1.Classifier.ClassifierClient classifier,
    [FromKeyedServices(Orchestrator.Readiness.Name)] ServiceReadiness readiness, ILogger<KServeGrpcService> logger)
    : GRPCInferenceService.GRPCInferenceServiceBase
{
    private static readonly string Version = typeof(KServeGrpcService).Assembly.GetName().Version?.ToString(3) ?? "";

    private readonly InferStream _stream = new(models, logger);

    public override Task<ServerLiveResponse> ServerLive(ServerLiveRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerLiveResponse { Live = true });

    public override Task<ServerReadyResponse> ServerReady(ServerReadyRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerReadyResponse { Ready = readiness.IsReady });

    public override Task<ServerMetadataResponse> ServerMetadata(ServerMetadataRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerMetadataResponse { Name = "genailab", Version = Version });

    public override async Task<ModelReadyResponse> ModelReady(ModelReadyRequest request, ServerCallContext context)
    {
        InferModels.CheckVersion(request.Name, request.Version);
        return new ModelReadyResponse
        {
            Ready = (await FindAsync(request.Name, context))?.State == ModelState.Ready,
        };
    }

    public override async Task<ModelMetadataResponse> ModelMetadata(ModelMetadataRequest request, ServerCallContext context)
    {
        InferModels.CheckVersion(request.Name, request.Version);
        return await FindAsync(request.Name, context) is { } found
            ? found.Classifier is { } model
                ? ModelTensors.Classifier(request.Name, model.Labels.Count, model.Modality == Modality.Image)
                : ModelTensors.Generator(request.Name)
            : throw RpcErrors.NotFound("model", request.Name);
    }

    public override async Task<ModelInferResponse> ModelInfer(ModelInferRequest request, ServerCallContext context)
    {
        ModelInferResponse? response = null;
        await models.AnswerAsync(
            request,
            mayStream: false,
            answer =>
            {
                response = answer;
                return Task.CompletedTask;
            },
            context);
        return response!;
    }

    public override Task ModelStreamInfer(
        IAsyncStreamReader<ModelInferRequest> requestStream, IServerStreamWriter<ModelStreamInferResponse> responseStream, ServerCallContext context) =>
        _stream.RunAsync(requestStream, responseStream, context);

    /// <returns>A model's state, and what it is if it is a classifier; null: there is none.</returns>
    private async Task<(ModelState State, ClassifierDescription? Classifier)?> FindAsync(string name, ServerCallContext context)
    {
        var options = InferModels.OptionsOf(context);
        var listing = await orchestrator.For(context.ApiKeyTenant()).ListModelsAsync(new ListModelsRequest(), options);
        if (listing.Models.FirstOrDefault(model => model.Name == name) is { } generator)
        {
            return (generator.State, null);
        }

        var classifiers = await DownstreamCall.InvokeAsync(
            "classifier", () => classifier.ListClassifiersAsync(new ListClassifiersRequest(), options).ResponseAsync, options.CancellationToken);
        return classifiers.Classifiers.FirstOrDefault(model => model.Name == name) is { } found ? (found.State, found) : null;
    }
}
