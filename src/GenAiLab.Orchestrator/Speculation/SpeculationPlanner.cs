using GenAiLab.Orchestrator.Downstream;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Speculation;

/// <summary>Checks what a request says of speculation, and finds its draft model.</summary>
internal sealed class SpeculationPlanner(ModelCatalogue catalogue, V1.Tokenizer.TokenizerClient tokenizer)
{
    private const int LongestNgram = 16;
    private const int DefaultLongest = 3;
    private const int DefaultNgramTokens = 8;
    private const int DefaultDraftTokens = 4;
    private const int MaximumTokens = SpeculativeTokenSource.MaximumAppend - 1;

    /// <summary>What can be told from the request alone.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static void Validate(GenerateRequest request)
    {
        switch (request.Speculation?.ByCase)
        {
            case null:
                return;
            case V1.Speculation.ByOneofCase.None:
                RpcErrors.ThrowInvalidArgument("speculation", "needs ngram or draft");
                break;
            case V1.Speculation.ByOneofCase.Ngram:
                Validate(request.Speculation.Ngram);
                break;
            case V1.Speculation.ByOneofCase.Draft:
                Range(request.Speculation.Draft.Tokens, 0, MaximumTokens, "speculation.draft.tokens");
                if (request.Speculation.Draft.Model.Length == 0)
                {
                    RpcErrors.ThrowInvalidArgument("speculation.draft.model", "is empty");
                }

                break;
        }

        Contradicts(request.Mode == LoopMode.Pushdown, "mode PUSHDOWN: guesses are checked in step mode");
        Contradicts(request.Constraint is not null, "constraint");
        Contradicts(request.Guidance is not null, "guidance");
        Contradicts(request.BeamSearch is not null, "beam_search");
        Contradicts(request.Candidates > 1, "candidates");
        Contradicts(request.BestOf > 1, "best_of");
        Contradicts(request.Sampling?.Mirostat is not null, "sampling.mirostat");
    }

    /// <summary>What depends on the models; null where the request wants no speculation.</summary>
    /// <param name="request">Valid by <see cref="Validate(GenerateRequest)"/>.</param>
    /// <param name="model">The model that generates.</param>
    /// <param name="vocabulary">Its vocabulary.</param>
    /// <param name="options">Deadline and cancellation.</param>
    /// <exception cref="RpcException">NOT_FOUND: there is no such draft model. FAILED_PRECONDITION: it has another vocabulary, or was refused.</exception>
    public async ValueTask<SpeculationPlan?> PlanAsync(GenerateRequest request, DecoderDescription model, VocabularyIdentity vocabulary, CallLimits options)
    {
        if (request.Speculation is not { } speculation)
        {
            return null;
        }

        if (speculation.Ngram is { } ngram)
        {
            var longest = ngram.Longest > 0 ? ngram.Longest : Math.Max(DefaultLongest, ngram.Shortest);
            return new NgramSpeculation(longest, Math.Max(1, ngram.Shortest), ngram.Tokens > 0 ? ngram.Tokens : DefaultNgramTokens);
        }

        var draft = await catalogue.GetReadyAsync(speculation.Draft.Model, options);
        if (!await HasVocabularyAsync(draft, model, vocabulary, options))
        {
            throw RpcErrors.FailedPrecondition($"speculation.draft.model: '{draft.Name}' has another vocabulary than '{model.Name}'");
        }

        return new DraftSpeculation(draft, speculation.Draft.Tokens > 0 ? speculation.Draft.Tokens : DefaultDraftTokens);
    }

    private async ValueTask<bool> HasVocabularyAsync(DecoderDescription draft, DecoderDescription model, VocabularyIdentity vocabulary, CallLimits options)
    {
        if (draft.Vocabulary == model.Vocabulary || draft.Vocabulary.Length == 0)
        {
            return draft.Vocabulary.Length > 0;
        }

        // Names belong to folders; what is in them may be the same. The empty text is the cheapest way to ask.
        var request = new EncodeRequest { Vocabulary = draft.Vocabulary, AddSpecialTokens = true };
        try
        {
            var encoded = await DownstreamCall.InvokeAsync(
                "tokenizer", () => tokenizer.EncodeAsync(request, options).ResponseAsync, options.CancellationToken);
            return encoded.Vocabulary.Sha256 == vocabulary.Sha256;
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.NotFound)
        {
            return false;
        }
    }

    private static void Validate(NgramLookup ngram)
    {
        Range(ngram.Longest, 0, LongestNgram, "speculation.ngram.longest");
        Range(ngram.Shortest, 0, LongestNgram, "speculation.ngram.shortest");
        Range(ngram.Tokens, 0, MaximumTokens, "speculation.ngram.tokens");
        if (ngram.Longest > 0 && ngram.Shortest > ngram.Longest)
        {
            RpcErrors.ThrowInvalidArgument("speculation.ngram.shortest", "must be at most longest");
        }
    }

    private static void Range(int value, int least, int most, string field)
    {
        if (value < least || value > most)
        {
            RpcErrors.ThrowInvalidArgument(field, $"must be in [{least}, {most}]");
        }
    }

    private static void Contradicts(bool isSet, string what)
    {
        if (isSet)
        {
            RpcErrors.ThrowInvalidArgument("speculation", $"contradicts {what}");
        }
    }
}
