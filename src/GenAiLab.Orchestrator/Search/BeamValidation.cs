using GenAiLab.Orchestrator.Requests;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Search;

/// <summary>The contract's limits on beam search. Each throws INVALID_ARGUMENT naming the field.</summary>
internal static class BeamValidation
{
    private const int LeastWidth = 2;
    private const float MaximumPenalty = 2;

    /// <summary>What can be told from the request alone.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static void Validate(GenerateRequest request)
    {
        if (request.BeamSearch is not { } beam)
        {
            return;
        }

        var least = Math.Max(LeastWidth, request.Candidates);
        if (beam.Width < least || beam.Width > CandidateValidation.MaximumCandidates)
        {
            RpcErrors.ThrowInvalidArgument("beam_search.width", $"must be in [candidates, {CandidateValidation.MaximumCandidates}], and at least {LeastWidth}");
        }

        // Written so that NaN is refused.
        if (beam.HasLengthPenalty && !(Math.Abs(beam.LengthPenalty) <= MaximumPenalty))
        {
            RpcErrors.ThrowInvalidArgument("beam_search.length_penalty", $"must be a number in [-{MaximumPenalty}, {MaximumPenalty}]");
        }

        Contradicts(request.Mode == LoopMode.Pushdown, "mode PUSHDOWN: a search runs in step mode");
        Contradicts(request.BestOf > 0, "best_of");
        Contradicts(request.Guidance is not null, "guidance");
        Contradicts(request.Speculation is not null, "speculation");
        Contradicts(request.Constraint is not null, "constraint");
        if (request.Sampling is { } sampling)
        {
            var search = new SamplingProgram { LogitBias = { sampling.LogitBias }, BannedTokens = { sampling.BannedTokens } };
            if (sampling.HasMinTokens)
            {
                search.MinTokens = sampling.MinTokens;
            }

            Contradicts(!search.Equals(sampling), "what sampling holds besides min_tokens, banned_tokens and logit_bias");
        }
    }

    /// <summary>What depends on the model and on how many tokens there may be.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static void ValidateFor(DecoderDescription model, GenerateRequest request, int maxTokens)
    {
        if (request.BeamSearch is not { } beam)
        {
            return;
        }

        if (model.Slots > 0 && beam.Width > model.Slots)
        {
            RpcErrors.ThrowInvalidArgument("beam_search.width", $"must be at most {model.Slots}, the slots of the model '{model.Name}'");
        }

        if ((long)beam.Width * maxTokens > CandidateValidation.MaximumTokens)
        {
            RpcErrors.ThrowInvalidArgument("beam_search.width", $"width × max_tokens must be at most {CandidateValidation.MaximumTokens}");
        }

        if ((long)beam.Width * maxTokens * (1 + request.Alternatives) > CandidateValidation.MaximumRankedEntries)
        {
            RpcErrors.ThrowInvalidArgument("alternatives", $"width × max_tokens × (1 + alternatives) must be at most {CandidateValidation.MaximumRankedEntries}");
        }
    }

    private static void Contradicts(bool isSet, string what)
    {
        if (isSet)
        {
            RpcErrors.ThrowInvalidArgument("beam_search", $"contradicts {what}");
        }
    }
}
