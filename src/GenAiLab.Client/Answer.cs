using System.Text.Json;
using Grpc.Core;
using Microsoft.Extensions.AI;

namespace GenAiLab.Client;

/// <summary>One answer as it comes: the contract's events as updates with the same ids.</summary>
internal sealed class Answer
{
    private readonly string _id = $"lab-{Guid.NewGuid():N}";
    private readonly DateTimeOffset _createdAt = DateTimeOffset.UtcNow;
    private string? _model;
    private bool _calls;

    /// <exception cref="RpcException">INTERNAL: the model failed.</exception>
    public ChatResponseUpdate Add(V1.ChatResponse response)
    {
        var update = new ChatResponseUpdate { Role = ChatRole.Assistant, ResponseId = _id, MessageId = _id, CreatedAt = _createdAt, RawRepresentation = response };
        switch (response.EventCase)
        {
            case V1.ChatResponse.EventOneofCase.Started:
                _model = response.Started.Model;
                // The one thing that a program needs to get the same answer again.
                update.AdditionalProperties = new AdditionalPropertiesDictionary { ["seed"] = response.Started.Seed };
                break;
            case V1.ChatResponse.EventOneofCase.Text:
                update.Contents.Add(new TextContent(response.Text));
                break;
            case V1.ChatResponse.EventOneofCase.ToolCall:
                _calls = true;
                update.Contents.Add(Call(response.ToolCall));
                break;
            case V1.ChatResponse.EventOneofCase.Finished:
                Finish(update, response.Finished);
                break;
        }

        update.ModelId = _model;
        return update;
    }

    private static FunctionCallContent Call(V1.ToolCall call) => FunctionCallContent.CreateFromParsedArguments(
        call.ArgumentsJson,
        call.Id,
        call.Name,
        static json => JsonSerializer.Deserialize<Dictionary<string, object?>>(json, AIJsonUtilities.DefaultOptions));

    private void Finish(ChatResponseUpdate update, V1.GenerationFinished finished)
    {
        if (finished.Text.Length > 0)
        {
            update.Contents.Add(new TextContent(finished.Text));
        }

        update.Contents.Add(new UsageContent(new UsageDetails
        {
            InputTokenCount = finished.PromptTokens,
            OutputTokenCount = finished.GeneratedTokens,
            TotalTokenCount = finished.PromptTokens + finished.GeneratedTokens,
            CachedInputTokenCount = finished.CachedPromptTokens,
        }));
        update.FinishReason = finished.Reason switch
        {
            V1.FinishReason.MaxTokens or V1.FinishReason.ContextFull => ChatFinishReason.Length,
            V1.FinishReason.Guard => ChatFinishReason.ContentFilter,
            V1.FinishReason.Cancelled => new ChatFinishReason("cancelled"),
            V1.FinishReason.Deadline => new ChatFinishReason("deadline"),
            V1.FinishReason.Error => throw new RpcException(new Status(StatusCode.Internal, "the model failed before the answer was complete")),
            _ => _calls ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop,
        };
    }
}
