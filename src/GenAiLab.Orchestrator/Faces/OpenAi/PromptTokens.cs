using System.Text;
using GenAiLab.V1;
using Google.Protobuf;

namespace GenAiLab.Orchestrator.Faces.OpenAi;

/// <summary>A prompt that is echoed with its log-probabilities.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Tokens">Those that spell the prompt; what the vocabulary adds before it is left out.</param>
/// <param name="Count">In tokens, the added ones included.</param>
/// <param name="EchoedText">The prompt as text.</param>
internal sealed record PromptTokens(string Model, IReadOnlyList<ToldToken> Tokens, int Count, string EchoedText)
{
    /// <summary>What asks for them.</summary>
    public static OrchestratorScoreRequest Question(GenerateRequest prompt, int alternatives)
    {
        var question = new OrchestratorScoreRequest { Model = prompt.Model, Alternatives = alternatives };
        if (prompt.PromptCase == GenerateRequest.PromptOneofCase.Tokens)
        {
            question.Tokens = prompt.Tokens;
        }
        else
        {
            question.Text = prompt.Text;
        }

        return question;
    }

    public static PromptTokens Of(OrchestratorScoreResponse rated, GenerateRequest prompt)
    {
        IEnumerable<(ByteString Piece, float? LogProbability, IReadOnlyList<Alternative> Alternatives)> all =
        [
            .. rated.Context.Select(static token => (token.Piece, (float?)null, (IReadOnlyList<Alternative>)[])),
            .. rated.Tokens.Select(static token => (token.Piece, (float?)token.RawLogProbability, (IReadOnlyList<Alternative>)token.Alternatives)),
        ];
        var count = rated.Context.Count + rated.Tokens.Count;
        var told = new List<ToldToken>(count);
        var offset = 0;
        foreach (var (piece, logProbability, alternatives) in all.Skip(Added(prompt, [.. all.Select(static token => token.Piece)])))
        {
            told.Add(new ToldToken(piece, logProbability, alternatives, offset));
            offset += TokenText.Characters(piece.Span);
        }

        return new PromptTokens(rated.Model, told, count, prompt.PromptCase == GenerateRequest.PromptOneofCase.Text
            ? prompt.Text : Join(all.Select(static token => token.Piece)));
    }

    /// <summary>The prompt as text; token ids as what they stand for.</summary>
    public static string Text(GenerateRequest prompt, IEnumerable<TokenPiece> tokens) =>
        prompt.PromptCase == GenerateRequest.PromptOneofCase.Text ? prompt.Text : Join(tokens.Select(static token => token.Piece));

    // How many of the first tokens are not the text's own.
    private static int Added(GenerateRequest prompt, IReadOnlyList<ByteString> pieces)
    {
        if (prompt.PromptCase != GenerateRequest.PromptOneofCase.Text)
        {
            return 0;
        }

        var excess = pieces.Sum(static piece => piece.Length) - Encoding.UTF8.GetByteCount(prompt.Text);
        var added = 0;
        while (excess > 0 && added < pieces.Count)
        {
            excess -= pieces[added++].Length;
        }

        return added;
    }

    private static string Join(IEnumerable<ByteString> pieces) => Encoding.UTF8.GetString([.. pieces.SelectMany(static piece => piece)]);
}
