using System.Collections.Concurrent;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Client.Tests;

/// <summary>Echoes the prompt, one token per character; some prompts fail.</summary>
internal sealed class ScriptedOrchestrator : V1.Orchestrator.OrchestratorBase
{
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Cancelled => _cancelled.Task;

    /// <summary>What Chat and Embed were asked, in order.</summary>
    public ConcurrentQueue<ChatRequest> Chats { get; } = new();

    public ConcurrentQueue<OrchestratorEmbedRequest> Embeds { get; } = new();

    /// <summary>What Chat answers; an answer that is not finished goes on until it is cancelled.</summary>
    public Func<ChatRequest, IEnumerable<ChatResponse>> Script { get; set; } = static _ => [Finished()];

    /// <summary>Whether Embed is refused as by an orchestrator that is about to end.</summary>
    public bool Unavailable { get; set; }

    /// <summary>Whether the model says that its chat template carries tools.</summary>
    public bool HasTools { get; set; }

    public static ChatResponse Finished(FinishReason reason = FinishReason.EndOfSequence) => new() { Finished = new GenerationFinished { Reason = reason } };

    public override async Task Generate(
        GenerateRequest request, IServerStreamWriter<GenerateResponse> responseStream, ServerCallContext context)
    {
        // Not only at the end: who leaves early is noticed by the next write.
        using var leaving = context.CancellationToken.Register(() => _cancelled.TrySetResult());
        var prompt = request.Chat is { } chat
            ? string.Join('|', chat.Messages.Select(static message => $"{message.Role}:{message.Content}")) + "@" + request.Model
            : request.Text;
        switch (prompt)
        {
            case "":
                throw RpcErrors.InvalidArgument("text", "is empty");
            case "full":
                throw RpcErrors.ResourceExhausted("every slot is taken", TimeSpan.FromSeconds(3));
            case "garbled":
                throw new RpcException(new Status(StatusCode.InvalidArgument, "no details"), new Metadata { { "grpc-status-details-bin", [0xFF, 0xFF] } });
        }

        await responseStream.WriteAsync(new GenerateResponse { Started = new GenerationStarted { Model = "scripted" } });
        foreach (var character in prompt)
        {
            await responseStream.WriteAsync(new GenerateResponse { Token = new GeneratedToken { Text = $"{character}" } });
        }

        if (prompt == "endless")
        {
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        }

        var reason = prompt is "broken" or "user:broken@" ? FinishReason.Error : FinishReason.MaxTokens;
        await responseStream.WriteAsync(new GenerateResponse { Finished = new GenerationFinished { Reason = reason, Text = $"/{request.MaxTokens}" } });
    }

    public override Task<ListModelsResponse> ListModels(ListModelsRequest request, ServerCallContext context) =>
        Task.FromResult(new ListModelsResponse { DefaultModel = "scripted", Models = { new ModelDescription { Name = "scripted", HasTools = HasTools } } });

    public override async Task Chat(ChatRequest request, IServerStreamWriter<ChatResponse> responseStream, ServerCallContext context)
    {
        using var leaving = context.CancellationToken.Register(() => _cancelled.TrySetResult());
        Chats.Enqueue(request);
        ChatResponse? last = null;
        foreach (var response in Script(request))
        {
            await responseStream.WriteAsync(last = response);
        }

        if (last?.Finished is null)
        {
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        }
    }

    public override Task<CompleteResponse> Complete(CompleteRequest request, ServerCallContext context) =>
        Task.FromResult(new CompleteResponse { Completions = { new Completion { Text = request.Request.Text } } });

    public override Task<OrchestratorScoreResponse> Score(OrchestratorScoreRequest request, ServerCallContext context) =>
        Task.FromResult(new OrchestratorScoreResponse { Model = request.Model, SumLogProbability = -request.Text.Length });

    public override async Task Compare(CompareRequest request, IServerStreamWriter<CompareResponse> responseStream, ServerCallContext context)
    {
        for (var model = 0; model < request.Models.Count; model++)
        {
            var finished = new GenerationFinished { Text = request.Models[model] };
            await responseStream.WriteAsync(new CompareResponse { ModelIndex = model, Response = new GenerateResponse { Finished = finished } });
        }
    }

    /// <summary>A text's vector is its length and its place in the request.</summary>
    public override Task<OrchestratorEmbedResponse> Embed(OrchestratorEmbedRequest request, ServerCallContext context)
    {
        Embeds.Enqueue(request);
        if (Unavailable)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "scripted"));
        }

        return Task.FromResult(new OrchestratorEmbedResponse
        {
            Model = "scripted",
            Tokens = request.Texts.Count,
            Embeddings = { request.Texts.Select(static (text, index) => new Embedding { Values = { text.Length, index } }) },
        });
    }

}
