using System.Text;
using GenAiLab.Orchestrator.Vocabulary;
using GenAiLab.ServiceDefaults.Security;
using GenAiLab.V1;

namespace GenAiLab.Orchestrator.Faces.OpenAi;

/// <summary>Answers POST /v1/completions.</summary>
internal sealed class CompletionFace(OwnOrchestrator orchestrator, PieceCache vocabularies, TimeProvider time)
{
    // More would take the slots of everybody else.
    private const int PromptsAtOnce = 4;

    public async Task RunAsync(HttpContext context)
    {
        var request = CompletionRequest.Read(await OpenAiRequest.ReadAsync(context));
        var parts = new CompletionParts(orchestrator.For(context.ApiKeyTenant()), vocabularies, request);
        var all = Merging.MergeAsync(
            [.. request.Prompts.Select(prompt => (Func<CancellationToken, IAsyncEnumerable<CompletionPart>>)(cancelled => parts.RunAsync(prompt, cancelled)))],
            PromptsAtOnce, context.RequestAborted);
        var answer = new CompletionBody($"cmpl-{Guid.NewGuid():N}", "text_completion", time.GetUtcNow().ToUnixTimeSeconds(), "", []);
        await (request.Stream.Streams ? StreamAsync(context, request, answer, all) : WriteAsync(context, request, answer, all));
    }

    private static async Task WriteAsync(HttpContext context, CompletionRequest request, CompletionBody answer, IAsyncEnumerable<(int Index, CompletionPart Item)> all)
    {
        var usage = new UsageCount();
        var model = "";
        var choices = Enumerable.Range(0, request.Prompts.Count * request.Choices)
            .Select(static index => (Index: index, Text: new StringBuilder(), Tokens: new List<ToldToken>(), Finish: new string?[1])).ToList();
        await foreach (var (prompt, part) in all)
        {
            model = part.Model;
            var choice = choices[(prompt * request.Choices) + part.Choice];
            choice.Text.Append(part.Text);
            choice.Tokens.AddRange(part.Tokens);
            if (part.Finished is { } finished)
            {
                choice.Finish[0] = FinishReasons.Of(finished);
                usage.Add(prompt, finished);
            }
        }

        await OpenAiResponse.WriteAsync(context, answer with
        {
            Model = model,
            Choices = [.. choices.Select(choice => new CompletionChoice(choice.Index, choice.Text.ToString())
            {
                Logprobs = Told(request, choice.Tokens),
                FinishReason = choice.Finish[0],
            })],
            Usage = usage.Body(),
        });
    }

    private static async Task StreamAsync(HttpContext context, CompletionRequest request, CompletionBody answer, IAsyncEnumerable<(int Index, CompletionPart Item)> all)
    {
        var usage = new UsageCount();
        var begun = await FaceStream.BegunAsync(all, static part => part.Item.Finished is not null || part.Item.Text.Length > 0, context.RequestAborted);
        OpenAiResponse.BeginEvents(context);
        await foreach (var (prompt, part) in begun)
        {
            answer = answer with { Model = part.Model };
            if (part.Finished is { } finished)
            {
                usage.Add(prompt, finished);
            }

            await OpenAiResponse.WriteEventAsync(context, answer with
            {
                Choices =
                [
                    new CompletionChoice((prompt * request.Choices) + part.Choice, part.Text)
                    {
                        Logprobs = part.Tokens.Count > 0 ? Told(request, part.Tokens) : null,
                        FinishReason = part.Finished is null ? null : FinishReasons.Of(part.Finished),
                    },
                ],
            });
        }

        if (request.Stream.WithUsage)
        {
            await OpenAiResponse.WriteEventAsync(context, answer with { Usage = usage.Body() });
        }

        await OpenAiResponse.EndEventsAsync(context);
    }

    private static CompletionLogProbabilities? Told(CompletionRequest request, IReadOnlyList<ToldToken> tokens) => request.Logprobs is not { } wanted ? null : new(
        [.. tokens.Select(static token => TokenText.Named(token.Piece))],
        [.. tokens.Select(static token => token.LogProbability is { } value ? TokenText.Finite(value) : (float?)null)],
        wanted == 0 ? null : [.. tokens.Select(Top)],
        [.. tokens.Select(static token => token.Offset)]);

    // The token itself is told in any case, so there may be one more than was asked for.
    private static Dictionary<string, float>? Top(ToldToken token)
    {
        if (token.LogProbability is not { } own)
        {
            return null;
        }

        var top = new Dictionary<string, float>();
        foreach (var alternative in token.Alternatives)
        {
            top.TryAdd(TokenText.Named(alternative.Piece), TokenText.Finite(alternative.RawLogProbability));
        }

        top.TryAdd(TokenText.Named(token.Piece), TokenText.Finite(own));
        return top;
    }
}
