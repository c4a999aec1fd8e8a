using GenAiLab.Orchestrator.Calls;
using GenAiLab.ServiceDefaults.Security;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator;

/// <summary>The calls beside Generate.</summary>
public sealed partial class OrchestratorGrpcService
{
    /// <inheritdoc/>
    public override Task<CompleteResponse> Complete(CompleteRequest request, ServerCallContext context) =>
        CompleteCall.RunAsync(request, Generate, context);

    /// <inheritdoc/>
    public override Task Chat(ChatRequest request, IServerStreamWriter<ChatResponse> responseStream, ServerCallContext context) =>
        _calls.Chat.RunAsync(request, Generate, responseStream, Downstream(context), context);

    /// <inheritdoc/>
    public override Task Compare(CompareRequest request, IServerStreamWriter<CompareResponse> responseStream, ServerCallContext context) =>
        _calls.Compare.RunAsync(request, Generate, responseStream, Downstream(context), context);

    /// <inheritdoc/>
    public override Task<OrchestratorScoreResponse> Score(OrchestratorScoreRequest request, ServerCallContext context) =>
        _calls.Score.RunAsync(request, context.ApiKeyTenant() ?? "", Downstream(context));

    /// <inheritdoc/>
    public override Task<OrchestratorEmbedResponse> Embed(OrchestratorEmbedRequest request, ServerCallContext context) =>
        _calls.Embed.RunAsync(request, context.ApiKeyTenant() ?? "", Downstream(context));
}
