using System.Runtime.CompilerServices;
using GenAiLab.Orchestrator.Downstream;
using GenAiLab.Orchestrator.Vocabulary;
using GenAiLab.ServiceDefaults.Security;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Faces.OpenAi;

/// <summary>Answers POST /v1/chat/completions.</summary>
internal sealed class ChatFace(OwnOrchestrator orchestrator, ModelCatalogue models, PieceCache vocabularies, TimeProvider time)
{
    // n * max_tokens, by the contract.
    private const int MaximumTokens = 131_072;

    public async Task RunAsync(HttpContext context)
    {
        var request = ChatCompletionRequest.Read(await OpenAiRequest.ReadAsync(context));
        try
        {
            await RunAsync(context, request);
        }
        catch (RpcException error) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            // Only here is it known which of its two names the limit had.
            await OpenAiResponse.WriteErrorAsync(context, ErrorText.Of(
                error, field => OpenAiNames.OfChat(field) is var name && name == "max_tokens" ? request.MaxTokensName : name));
        }
    }

    private async Task RunAsync(HttpContext context, ChatCompletionRequest request)
    {
        var settings = request.Settings;
        if (!settings.HasMaxTokens)
        {
            var model = await models.GetReadyAsync(settings.Model, new CallOptions(cancellationToken: context.RequestAborted));
            settings.MaxTokens = Math.Min(model.ContextLength, MaximumTokens / settings.Candidates);
        }

        var client = orchestrator.For(context.ApiKeyTenant());
        IAsyncEnumerable<FaceEvent> events;
        if (request.Tools.Count > 0)
        {
            events = FaceStream.ChatAsync(
                client,
                new ChatRequest { Messages = { request.Messages }, Tools = { request.Tools }, ToolChoice = request.ToolChoice, Settings = settings },
                context.RequestAborted);
        }
        else
        {
            settings.Chat = new ChatMessages { Messages = { request.Messages } };
            events = FaceStream.GenerateAsync(client, settings, context.RequestAborted);
        }

        var parts = PartsAsync(events, request, context.RequestAborted);
        var answer = new ChatBody($"chatcmpl-{Guid.NewGuid():N}", "", time.GetUtcNow().ToUnixTimeSeconds(), "", []);
        await (request.Stream.Streams
            ? ChatAnswer.StreamAsync(context, request, answer with { Object = "chat.completion.chunk" }, parts)
            : ChatAnswer.WriteAsync(context, request, answer with { Object = "chat.completion" }, parts));
    }

    private async IAsyncEnumerable<ChatPart> PartsAsync(
        IAsyncEnumerable<FaceEvent> events, ChatCompletionRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var model = "";
        PieceTable? pieces = null;
        var trails = new TokenTrail?[request.Settings.Candidates];
        var calls = new int[request.Settings.Candidates];
        await foreach (var said in events.WithCancellation(cancellation))
        {
            switch (said)
            {
                case FaceStarted started:
                    model = started.Model;
                    pieces = request.Logprobs ? await vocabularies.GetAsync(started.Vocabulary!, new CallOptions(cancellationToken: cancellation)) : null;
                    break;
                case FaceText text:
                    var told = new List<PlacedToken>();
                    if (pieces is not null)
                    {
                        var trail = trails[text.Candidate] ??= new TokenTrail(pieces);
                        if (text.Token is { } token)
                        {
                            trail.Add(token);
                        }

                        told = trail.Show(text.Text);
                    }

                    if (text.Text.Length > 0 || told.Count > 0)
                    {
                        yield return new ChatPart(model, text.Candidate) { Text = text.Text, Tokens = told };
                    }

                    break;
                case FaceToolCall call when calls[call.Candidate] == 0 || request.ParallelToolCalls:
                    yield return new ChatPart(model, call.Candidate) { Call = ToolCallBody.Of(call.Call, calls[call.Candidate]++) };
                    break;
                case FaceFinished finished:
                    yield return new ChatPart(model, finished.Candidate)
                    {
                        Finished = finished.Finished,
                        FinishReason = calls[finished.Candidate] > 0 ? FinishReasons.ToolCalls : FinishReasons.Of(finished.Finished),
                    };
                    break;
            }
        }
    }
}
