using GenAiLab.Orchestrator.Downstream;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Calls;

/// <summary>Answers a conversation: Generate with a conversation for a prompt, of which the caller sees the text.</summary>
internal sealed class ChatCall
{
    /// <exception cref="RpcException">Generate's, with its fields named as those of the conversation or of `settings`.</exception>
    public async Task RunAsync(ChatRequest request, GenerateCall generate, IServerStreamWriter<ChatResponse> responses, ServerCallContext context)
    {
        if (request.Settings is { PromptCase: not GenerateRequest.PromptOneofCase.None })
        {
            RpcErrors.ThrowInvalidArgument("settings.prompt", "must not be set: the messages are the prompt");
        }

        var generation = request.Settings?.Clone() ?? new GenerateRequest();
        generation.Chat = new ChatMessages { Messages = { request.Messages }, Tools = { request.Tools } };
        try
        {
            await generate(generation, new CallbackWriter<GenerateResponse>(WriteAsync), context);
        }
        catch (RpcException error)
        {
            throw FieldNames.Rename(error, ChatField);
        }

        async Task WriteAsync(GenerateResponse response)
        {
            switch (response.EventCase)
            {
                case GenerateResponse.EventOneofCase.Started:
                    await SendAsync(new ChatResponse { Started = Started(response.Started) });
                    break;
                case GenerateResponse.EventOneofCase.Token:
                    await SendTextAsync(response.Token.Text, response.Candidate);
                    break;
                case GenerateResponse.EventOneofCase.Finished:
                    await SendTextAsync(response.Finished.Text, response.Candidate);
                    var finished = response.Finished.Clone();
                    finished.Text = "";
                    await SendAsync(new ChatResponse { Finished = finished, Candidate = response.Candidate });
                    break;
            }
        }

        Task SendTextAsync(string text, int candidate) =>
            text.Length == 0 ? Task.CompletedTask : SendAsync(new ChatResponse { Text = text, Candidate = candidate });

        Task SendAsync(ChatResponse response) => responses.WriteAsync(response, context.CancellationToken);
    }

    private static ChatStarted Started(GenerationStarted started) =>
        new() { Model = started.Model, Seed = started.Seed, PromptTokens = started.Prompt.Count };

    // Generate's `chat.messages[3].role` is our `messages[3].role`; its `prompt` all of our messages.
    private static string ChatField(string field) =>
        field.StartsWith("chat.", StringComparison.Ordinal) ? field["chat.".Length..]
        : field == "prompt" ? "messages"
        : "settings." + field;
}
