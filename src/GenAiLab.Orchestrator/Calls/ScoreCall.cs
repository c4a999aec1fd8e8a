using System.Text;
using GenAiLab.Orchestrator.Downstream;
using GenAiLab.Orchestrator.Fleet;
using GenAiLab.Orchestrator.Requests;
using GenAiLab.Orchestrator.Vocabulary;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Calls;

/// <summary>How probable a model finds a given text: one run of it, nothing generated.</summary>
internal sealed class ScoreCall(IDecoders decoders, ModelCatalogue catalogue, TextEncoder encoder)
{
    private const string Text = "text", Tokens = "tokens", TokenIdsField = "tokens.ids";

    /// <param name="request">What the caller asked for, not checked yet.</param>
    /// <param name="tenant">Whose request it is.</param>
    /// <param name="options">Deadline and cancellation.</param>
    /// <exception cref="RpcException">The request cannot be served; the contract says how.</exception>
    public async Task<OrchestratorScoreResponse> RunAsync(OrchestratorScoreRequest request, string tenant, CallLimits options)
    {
        Validate(request);
        var model = await catalogue.GetReadyAsync(request.Model, options);
        var pieces = await encoder.PiecesAsync(model, options);
        IReadOnlyList<int> ids = request.InputCase == OrchestratorScoreRequest.InputOneofCase.Text
            ? [.. (await encoder.EncodeAsync(model, request.Text, options)).Tokens.Select(static token => token.Id)]
            : request.Tokens.Ids;
        ValidateFor(model, request, ids);

        var first = Math.Max(1, request.First);
        var score = new ScoreRequest
        {
            Model = model.Name,
            Tokens = new TokenIds { Ids = { ids } },
            First = first,
            Alternatives = request.Alternatives,
            Admission = new Admission { Tenant = tenant },
        };
        var scored = await PlacedCall.InvokeAsync(
            decoders, model.Name, ids, (decoder, options) => decoder.ScoreAsync(score, options).ResponseAsync, options);
        return Map(model, pieces, ids, first, scored);
    }

    private static void Validate(OrchestratorScoreRequest request)
    {
        switch (request.InputCase)
        {
            case OrchestratorScoreRequest.InputOneofCase.None:
                RpcErrors.ThrowInvalidArgument("input", "is missing: set text or tokens");
                break;
            case OrchestratorScoreRequest.InputOneofCase.Text when request.Text.Length == 0:
                RpcErrors.ThrowInvalidArgument(Text, "is empty");
                break;
            case OrchestratorScoreRequest.InputOneofCase.Text when Encoding.UTF8.GetByteCount(request.Text) > RequestValidation.MaximumTextBytes:
                RpcErrors.ThrowInvalidArgument(Text, $"is longer than {RequestValidation.MaximumTextBytes} bytes of UTF-8");
                break;
            case OrchestratorScoreRequest.InputOneofCase.Tokens when request.Tokens.Ids.Count > RequestValidation.MaximumPromptIds:
                RpcErrors.ThrowInvalidArgument(TokenIdsField, $"has more than {RequestValidation.MaximumPromptIds} ids");
                break;
        }

        if (request.Alternatives is < 0 or > RequestValidation.MaximumAlternatives)
        {
            RpcErrors.ThrowInvalidArgument("alternatives", $"must be in [0, {RequestValidation.MaximumAlternatives}]");
        }

        if (request.First < 0)
        {
            RpcErrors.ThrowInvalidArgument("first", "must be at least 1");
        }
    }

    private static void ValidateFor(DecoderDescription model, OrchestratorScoreRequest request, IReadOnlyList<int> ids)
    {
        var field = request.InputCase == OrchestratorScoreRequest.InputOneofCase.Text ? Text : Tokens;
        if (ids.Count < 2)
        {
            RpcErrors.ThrowInvalidArgument(field, $"{ids.Count} tokens; the second is the first that can be rated");
        }

        if (ids.Count > model.ContextLength)
        {
            RpcErrors.ThrowInvalidArgument(field, $"{ids.Count} tokens, the model '{model.Name}' takes at most {model.ContextLength}");
        }

        SequenceValidation.Validate(ids, TokenIdsField, model);
        if (request.First >= ids.Count)
        {
            RpcErrors.ThrowInvalidArgument("first", $"must be in [1, {ids.Count - 1}]: there are {ids.Count} tokens");
        }
    }

    private static OrchestratorScoreResponse Map(DecoderDescription model, PieceTable pieces, IReadOnlyList<int> ids, int first, ScoreResponse scored)
    {
        var response = new OrchestratorScoreResponse { Model = model.Name };
        response.Context.AddRange(ids.Take(first).Select(id => new TokenPiece { Id = id, Piece = pieces[id] }));
        var sum = 0.0;
        foreach (var token in scored.Tokens)
        {
            sum += token.RawLogProbability;
            response.Tokens.Add(new ScoredToken
            {
                TokenId = token.TokenId,
                Piece = pieces[token.TokenId],
                RawLogProbability = token.RawLogProbability,
                Rank = token.Rank,
                Alternatives =
                {
                    token.Alternatives.Select(alternative => new Alternative
                    {
                        TokenId = alternative.TokenId,
                        Piece = pieces[alternative.TokenId],
                        Probability = MathF.Exp(alternative.RawLogProbability),
                        RawLogProbability = alternative.RawLogProbability,
                        Rank = alternative.Rank,
                    }),
                },
            });
        }

        response.SumLogProbability = (float)sum;
        response.Perplexity = (float)Math.Exp(-sum / Math.Max(1, scored.Tokens.Count));
        return response;
    }
}
