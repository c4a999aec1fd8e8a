using System.Runtime.CompilerServices;
using System.Text;
using GenAiLab.Orchestrator.Vocabulary;
using GenAiLab.V1;
using Google.Protobuf;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Faces.OpenAi;

/// <summary>A token as the completions tell it; the first one of all has no log-probability.</summary>
/// <param name="Piece">Its bytes.</param>
/// <param name="LogProbability">Raw, in nats.</param>
/// <param name="Alternatives">The most probable tokens in its place.</param>
/// <param name="Offset">Where it begins in the text, in characters.</param>
internal sealed record ToldToken(ByteString Piece, float? LogProbability, IReadOnlyList<Alternative> Alternatives, int Offset);

/// <summary>More of one choice.</summary>
internal sealed record CompletionPart(string Model, int Choice, string Text, IReadOnlyList<ToldToken> Tokens)
{
    /// <summary>Set in the choice's last part.</summary>
    public GenerationFinished? Finished { get; init; }
}

/// <summary>One prompt's generation as parts of its choices, in the order in which they come.</summary>
internal sealed class CompletionParts(V1.Orchestrator.OrchestratorClient client, PieceCache vocabularies, CompletionRequest request)
{
    public async IAsyncEnumerable<CompletionPart> RunAsync(GenerateRequest prompt, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var echo = request is { Echo: true, Logprobs: { } alternatives } && prompt.Tokens?.Ids.Count is null or > 1
            ? PromptTokens.Of(await client.ScoreAsync(PromptTokens.Question(prompt, alternatives), cancellationToken: cancellation), prompt)
            : null;
        if (request.OnlyEcho)
        {
            yield return Rated(echo ?? PromptTokens.Of(await client.ScoreAsync(PromptTokens.Question(prompt, 0), cancellationToken: cancellation), prompt));
            yield break;
        }

        var model = "";
        var promptCharacters = 0;
        PieceTable? pieces = null;
        var trails = new TokenTrail?[Math.Max(request.Choices, 1)];
        await foreach (var said in FaceStream.GenerateAsync(client, prompt, cancellation))
        {
            switch (said)
            {
                case FaceStarted started:
                    model = started.Model;
                    if (request.Logprobs is not null)
                    {
                        pieces = await vocabularies.GetAsync(started.Vocabulary!, new CallOptions(cancellationToken: cancellation));
                    }

                    if (request.Echo)
                    {
                        var text = PromptTokens.Text(prompt, started.Prompt);
                        promptCharacters = TokenText.Characters(Encoding.UTF8.GetBytes(text));
                        var tokens = request.Logprobs is null ? [] : echo?.Tokens ?? [.. started.Prompt.Select(static token => new ToldToken(token.Piece, null, [], 0))];
                        for (var choice = 0; choice < trails.Length; choice++)
                        {
                            yield return new CompletionPart(model, choice, text, tokens);
                        }
                    }

                    break;
                case FaceText text:
                    var told = new List<ToldToken>();
                    if (pieces is not null)
                    {
                        var trail = trails[text.Candidate] ??= new TokenTrail(pieces);
                        if (text.Token is { } token)
                        {
                            trail.Add(token);
                        }

                        told.AddRange(trail.Show(text.Text).Select(placed => new ToldToken(
                            placed.Token.Piece, placed.Token.RawLogProbability, placed.Token.Alternatives, promptCharacters + placed.Offset)));
                    }

                    if (text.Text.Length > 0 || told.Count > 0)
                    {
                        yield return new CompletionPart(model, text.Candidate, text.Text, told);
                    }

                    break;
                case FaceFinished finished:
                    yield return new CompletionPart(model, finished.Candidate, "", []) { Finished = finished.Finished };
                    break;
            }
        }
    }

    private static CompletionPart Rated(PromptTokens prompt) => new(prompt.Model, 0, prompt.EchoedText, prompt.Tokens)
    {
        Finished = new GenerationFinished { Reason = FinishReason.MaxTokens, PromptTokens = prompt.Count },
    };
}
