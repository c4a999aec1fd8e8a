using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Client;

/// <content>The orchestrator's other calls, as the contracts have them.</content>
public sealed partial class LabClient
{
    /// <summary>Continues a prompt; every candidate with its tokens, when all have ended.</summary>
    /// <exception cref="RpcException">The statuses of <c>Orchestrator.Complete</c>.</exception>
    public Task<CompleteResponse> CompleteAsync(GenerateRequest request, CancellationToken cancellationToken = default) =>
        _orchestrator.CompleteAsync(new CompleteRequest { Request = request }, cancellationToken: cancellationToken)
            .ObserveAsync(cancellationToken);

    /// <summary>
    /// Answers a conversation: <c>started</c>, text as it comes, tool calls when they are complete, <c>finished</c>.
    /// </summary>
    /// <exception cref="RpcException">The statuses of <c>Orchestrator.Chat</c>.</exception>
    public IAsyncEnumerable<ChatResponse> ChatAsync(ChatRequest request, CancellationToken cancellationToken = default) =>
        ObservedCalls.ReadAsync(token => _orchestrator.Chat(request, cancellationToken: token), cancellationToken);

    /// <summary>How probable a text is, token by token.</summary>
    /// <param name="text">What to rate.</param>
    /// <param name="model">The model that rates; empty: the default one.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="RpcException">The statuses of <c>Orchestrator.Score</c>.</exception>
    public Task<OrchestratorScoreResponse> ScoreAsync(string text, string model = "", CancellationToken cancellationToken = default) =>
        ScoreAsync(new OrchestratorScoreRequest { Text = text, Model = model }, cancellationToken);

    /// <inheritdoc cref="ScoreAsync(string, string, CancellationToken)"/>
    public Task<OrchestratorScoreResponse> ScoreAsync(OrchestratorScoreRequest request, CancellationToken cancellationToken = default) =>
        _orchestrator.ScoreAsync(request, cancellationToken: cancellationToken).ObserveAsync(cancellationToken);

    /// <summary>Vectors of length 1 for texts, in their order.</summary>
    /// <param name="texts">1 to 256, none empty.</param>
    /// <param name="model">The model whose hidden states they are; empty: the default one.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="RpcException">The statuses of <c>Orchestrator.Embed</c>.</exception>
    public Task<OrchestratorEmbedResponse> EmbedAsync(
        IEnumerable<string> texts, string model = "", CancellationToken cancellationToken = default) =>
        EmbedAsync(new OrchestratorEmbedRequest { Texts = { texts }, Model = model }, cancellationToken);

    /// <summary>Vectors for texts or tokens.</summary>
    /// <exception cref="RpcException">The statuses of <c>Orchestrator.Embed</c>.</exception>
    public Task<OrchestratorEmbedResponse> EmbedAsync(OrchestratorEmbedRequest request, CancellationToken cancellationToken = default) =>
        _orchestrator.EmbedAsync(request, cancellationToken: cancellationToken).ObserveAsync(cancellationToken);

    /// <summary>One prompt, several models: their events interleaved as they happen.</summary>
    /// <exception cref="RpcException">The statuses of <c>Orchestrator.Compare</c>; a model that fails is an event.</exception>
    public IAsyncEnumerable<CompareResponse> CompareAsync(CompareRequest request, CancellationToken cancellationToken = default) =>
        ObservedCalls.ReadAsync(token => _orchestrator.Compare(request, cancellationToken: token), cancellationToken);

    /// <summary>The models as an <see cref="Microsoft.Extensions.AI.IChatClient"/> on this client's channel, which stays this client's.</summary>
    /// <param name="model">Who answers where the options name no model; null: the lab's default model.</param>
    public LabChatClient AsIChatClient(string? model = null) => new(_orchestratorInvoker, _orchestratorAddress, model);

    /// <summary>The models as an embedding generator on this client's channel, which stays this client's.</summary>
    /// <param name="model">Whose hidden states the vectors are where the options name no model; null: the lab's default model.</param>
    public LabEmbeddingGenerator AsIEmbeddingGenerator(string? model = null) => new(_orchestratorInvoker, _orchestratorAddress, model);
}
