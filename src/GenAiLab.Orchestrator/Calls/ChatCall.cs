using GenAiLab.Orchestrator.Calls.Tools;
using GenAiLab.Orchestrator.Downstream;
using GenAiLab.Orchestrator.Requests;
using GenAiLab.Orchestrator.Vocabulary;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Calls;

/// <summary>
/// Answers a conversation: Generate with a conversation for a prompt, of which the caller sees text and tool calls.
/// What a template cannot say of tools is said without it: REQUIRED is a constraint, and past calls are plain text.
/// </summary>
internal sealed class ChatCall(ModelCatalogue catalogue, ChatVocabularies vocabularies)
{
    /// <exception cref="RpcException">Generate's, with its fields named as those of the conversation or of `settings`.</exception>
    public async Task RunAsync(
        ChatRequest request, GenerateCall generate, IServerStreamWriter<ChatResponse> responses, CallLimits downstream, ServerCallContext context)
    {
        if (request.Settings is { PromptCase: not GenerateRequest.PromptOneofCase.None })
        {
            RpcErrors.ThrowInvalidArgument("settings.prompt", "must not be set: the messages are the prompt");
        }

        var offer = ToolOffer.Of(request);
        var readers = new Dictionary<int, IAnswerReader>();
        try
        {
            var generation = await GenerationAsync(request, offer, downstream);
            await generate(generation, new CallbackWriter<GenerateResponse>(WriteAsync), context);
        }
        catch (RpcException error)
        {
            throw FieldNames.Rename(error, field => ChatField(field, offer.Mode));
        }

        async Task WriteAsync(GenerateResponse response)
        {
            switch (response.EventCase)
            {
                case GenerateResponse.EventOneofCase.Started:
                    await SendAsync(new ChatResponse { Started = Started(response.Started) });
                    break;
                case GenerateResponse.EventOneofCase.Token:
                    await SendAllAsync(Reader(response).Append(response.Token.Text), response.Candidate);
                    break;
                case GenerateResponse.EventOneofCase.Finished:
                    var reader = Reader(response);
                    await SendAllAsync(reader.Append(response.Finished.Text), response.Candidate);
                    await SendAllAsync(reader.Complete(), response.Candidate);
                    var finished = response.Finished.Clone();
                    finished.Text = "";
                    await SendAsync(new ChatResponse { Finished = finished, Candidate = response.Candidate });
                    break;
            }
        }

        IAnswerReader Reader(GenerateResponse response) =>
            readers.TryGetValue(response.Candidate, out var reader) ? reader : readers[response.Candidate] = offer.Reader();

        async Task SendAllAsync(IEnumerable<AnswerPart> parts, int candidate)
        {
            foreach (var part in parts)
            {
                await SendAsync(part.Call is { } call
                    ? new ChatResponse { ToolCall = call, Candidate = candidate }
                    : new ChatResponse { Text = part.Text, Candidate = candidate });
            }
        }

        Task SendAsync(ChatResponse response) => responses.WriteAsync(response, context.CancellationToken);
    }

    private async Task<GenerateRequest> GenerationAsync(ChatRequest request, ToolOffer offer, CallLimits downstream)
    {
        var generation = request.Settings?.Clone() ?? new GenerateRequest();
        generation.Chat = new ChatMessages { Messages = { request.Messages }, Tools = { offer.Tools } };
        if (offer.Mode == ToolMode.Required)
        {
            generation.Constraint = new Constraint { JsonSchema = ToolCallSchema.Of(offer.Tools) };
        }

        // AUTO is nothing without a template that carries tools: Generate refuses it.
        var mayBePlain = offer.Mode == ToolMode.Required || (offer.Mode == ToolMode.None && PlainToolTurns.AreIn(request.Messages));
        ChatValidation.Validate(request.Messages);
        if (mayBePlain && !await CarriesToolsAsync(generation.Model, downstream))
        {
            generation.Chat = new ChatMessages { Messages = { PlainToolTurns.Spell(request.Messages) } };
        }

        return generation;
    }

    private async Task<bool> CarriesToolsAsync(string name, CallLimits downstream)
    {
        var model = await catalogue.GetReadyAsync(name, downstream);
        var abilities = await vocabularies.FindAsync([model.Vocabulary], downstream);
        return abilities is null || abilities.Tools.Contains(model.Vocabulary);
    }

    private static ChatStarted Started(GenerationStarted started) =>
        new() { Model = started.Model, Seed = started.Seed, PromptTokens = started.Prompt.Count };

    // Generate's `chat.messages[3].role` is our `messages[3].role`, its `prompt` all of our messages, and a constraint
    // that nobody asked for made of the tools.
    private static string ChatField(string field, ToolMode mode) =>
        field.StartsWith("chat.", StringComparison.Ordinal) ? field["chat.".Length..]
        : field == "prompt" ? "messages"
        : mode == ToolMode.Required && field.StartsWith("constraint", StringComparison.Ordinal) ? "tools"
        : "settings." + field;
}
