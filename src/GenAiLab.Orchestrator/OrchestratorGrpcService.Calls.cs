using GenAiLab.Orchestrator.Calls;
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
        _chat.RunAsync(request, Generate, responseStream, context);

    /// <inheritdoc/>
    public override Task Compare(CompareRequest request, IServerStreamWriter<CompareResponse> responseStream, ServerCallContext context) =>
        _compare.RunAsync(request, Generate, responseStream, Downstream(context), context);
}
