using System.Text;
using GenAiLab.V1;

namespace GenAiLab.Orchestrator.Faces.OpenAi;

/// <summary>More of one choice of a chat.</summary>
internal sealed record ChatPart(string Model, int Choice)
{
    public string Text { get; init; } = "";

    public IReadOnlyList<PlacedToken> Tokens { get; init; } = [];

    public ToolCallBody? Call { get; init; }

    /// <summary>Set in the choice's last part.</summary>
    public GenerationFinished? Finished { get; init; }

    public string? FinishReason { get; init; }
}

/// <summary>Writes a chat's parts, joined or as they come.</summary>
internal static class ChatAnswer
{
    public static async Task WriteAsync(HttpContext context, ChatCompletionRequest request, ChatBody answer, IAsyncEnumerable<ChatPart> parts)
    {
        var usage = new UsageCount();
        var choices = Enumerable.Range(0, request.Settings.Candidates)
            .Select(static _ => (Text: new StringBuilder(), Tokens: new List<PlacedToken>(), Calls: new List<ToolCallBody>(), Finish: new string?[1])).ToList();
        await foreach (var part in parts)
        {
            answer = answer with { Model = part.Model };
            var choice = choices[part.Choice];
            choice.Text.Append(part.Text);
            choice.Tokens.AddRange(part.Tokens);
            if (part.Call is { } call)
            {
                choice.Calls.Add(call with { Index = null });
            }

            if (part.Finished is { } finished)
            {
                choice.Finish[0] = part.FinishReason;
                usage.Add(0, finished);
            }
        }

        await OpenAiResponse.WriteAsync(context, answer with
        {
            Choices = [.. choices.Select((choice, index) => new ChatChoice(index)
            {
                Message = new ChatMessageBody
                {
                    Content = choice.Text.Length == 0 && choice.Calls.Count > 0 ? null : choice.Text.ToString(),
                    ToolCalls = choice.Calls.Count > 0 ? choice.Calls : null,
                },
                Logprobs = request.Logprobs ? Told(request, choice.Tokens) : null,
                FinishReason = choice.Finish[0],
            })],
            Usage = usage.Body(),
        });
    }

    public static async Task StreamAsync(HttpContext context, ChatCompletionRequest request, ChatBody answer, IAsyncEnumerable<ChatPart> parts)
    {
        var usage = new UsageCount();
        var begun = new bool[request.Settings.Candidates];
        var first = await FaceStream.BegunAsync(parts, static _ => true, context.RequestAborted);
        OpenAiResponse.BeginEvents(context);
        await foreach (var part in first)
        {
            answer = answer with { Model = part.Model };
            if (!begun[part.Choice])
            {
                begun[part.Choice] = true;
                await SayAsync(new ChatChoice(part.Choice) { Delta = new ChatDelta { Role = "assistant", Content = "" } });
            }

            if (part.Finished is { } finished)
            {
                usage.Add(0, finished);
            }

            await SayAsync(new ChatChoice(part.Choice)
            {
                Delta = new ChatDelta
                {
                    Content = part.Text.Length > 0 || part.Tokens.Count > 0 ? part.Text : null,
                    ToolCalls = part.Call is { } call ? [call] : null,
                },
                Logprobs = part.Tokens.Count > 0 ? Told(request, part.Tokens) : null,
                FinishReason = part.FinishReason,
            });
        }

        if (request.Stream.WithUsage)
        {
            await OpenAiResponse.WriteEventAsync(context, answer with { Usage = usage.Body() });
        }

        await OpenAiResponse.EndEventsAsync(context);

        Task SayAsync(ChatChoice choice) => OpenAiResponse.WriteEventAsync(context, answer with { Choices = [choice] });
    }

    private static ChatLogProbabilities Told(ChatCompletionRequest request, IReadOnlyList<PlacedToken> tokens) => new(
        [.. tokens.Select(placed => Body(placed.Token.Piece, placed.Token.RawLogProbability) with
        {
            TopLogprobs = [.. placed.Token.Alternatives.Take(request.Settings.Alternatives).Select(static other => Body(other.Piece, other.RawLogProbability))],
        })]);

    private static TokenBody Body(Google.Protobuf.ByteString piece, float logProbability) =>
        new(TokenText.Of(piece), TokenText.Finite(logProbability), [.. piece.Select(static value => (int)value)]);
}
