using GenAiLab.Orchestrator.Downstream;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Google.Protobuf;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Calls;

/// <summary>A generation in one response: collects what Generate streams.</summary>
internal static class CompleteCall
{
    /// <summary>The longest response, in bytes: what a client takes that was not told otherwise.</summary>
    public const int MaximumBytes = 4 * 1024 * 1024;

    // Every candidate's text is in its tokens and once more as a whole; tags and lengths take the rest.
    private const int BytesBesideToken = 16;

    /// <exception cref="RpcException">Generate's, with its fields named as those of `request`; RESOURCE_EXHAUSTED when it is longer than <see cref="MaximumBytes"/>.</exception>
    public static async Task<CompleteResponse> RunAsync(CompleteRequest request, GenerateCall generate, ServerCallContext context)
    {
        if (request.Request is null)
        {
            RpcErrors.ThrowInvalidArgument("request", "is missing");
        }

        var response = new CompleteResponse();
        var candidates = new SortedDictionary<int, (Completion Completion, List<string> Texts)>();
        var bytes = 0L;
        var writer = new CallbackWriter<GenerateResponse>(message =>
        {
            Collect(message);
            return Task.CompletedTask;
        });
        try
        {
            await generate(request.Request, writer, context);
        }
        catch (RpcException error)
        {
            throw FieldNames.Rename(error, static field => "request." + field);
        }

        foreach (var (completion, texts) in candidates.Values)
        {
            completion.Text = string.Concat(texts);
            response.Completions.Add(completion);
        }

        return response;

        void Collect(GenerateResponse message)
        {
            if (message.Started is { } started)
            {
                (response.Model, response.Seed, response.PromptTokens) = (started.Model, started.Seed, started.Prompt.Count);
                return;
            }

            if (!candidates.TryGetValue(message.Candidate, out var candidate))
            {
                candidates[message.Candidate] = candidate = (new Completion(), []);
            }

            switch (message.EventCase)
            {
                case GenerateResponse.EventOneofCase.Token:
                    candidate.Completion.Tokens.Add(message.Token);
                    Add(candidate.Texts, message.Token.Text, message.Token);
                    break;
                case GenerateResponse.EventOneofCase.Media:
                    candidate.Completion.Media = message.Media;
                    Add(candidate.Texts, "", message.Media);
                    break;
                case GenerateResponse.EventOneofCase.Finished:
                    candidate.Completion.Finished = message.Finished;
                    Add(candidate.Texts, message.Finished.Text, message.Finished);
                    break;
            }
        }

        void Add(List<string> texts, string text, IMessage message)
        {
            texts.Add(text);
            bytes += message.CalculateSize() + text.Length + BytesBesideToken;
            if (bytes > MaximumBytes)
            {
                throw new RpcException(new Status(
                    StatusCode.ResourceExhausted, $"the response is longer than {MaximumBytes} bytes; Generate streams it, and fewer alternatives make it shorter"));
            }
        }
    }
}
