using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Requests;

/// <summary>The contract's limits on candidates and their ranking. Each throws INVALID_ARGUMENT naming the field.</summary>
internal static class CandidateValidation
{
    public const int MaximumCandidates = 16;

    /// <summary>Tokens of all candidates together.</summary>
    public const int MaximumTokens = 131_072;

    /// <summary>Tokens and their alternatives that are kept until ranked candidates have ended.</summary>
    public const int MaximumRankedEntries = 524_288;

    /// <summary>What can be told from the request alone.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static void Validate(GenerateRequest request)
    {
        if (request.Candidates is < 0 or > MaximumCandidates)
        {
            RpcErrors.ThrowInvalidArgument("candidates", $"must be in [1, {MaximumCandidates}]");
        }

        if (request.BestOf != 0 && (request.BestOf < Wanted(request) || request.BestOf > MaximumCandidates))
        {
            RpcErrors.ThrowInvalidArgument("best_of", $"must be in [candidates, {MaximumCandidates}]");
        }

        if (request.Ranking is not null && request.BestOf == 0)
        {
            RpcErrors.ThrowInvalidArgument("ranking", "needs best_of: there is nothing to rank");
        }
    }

    /// <summary>What depends on the model and on how many tokens there may be.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static void ValidateFor(DecoderDescription model, GenerateRequest request, int maxTokens)
    {
        var generated = Generated(request);
        var field = request.BestOf != 0 ? "best_of" : "candidates";
        if (generated > 1 && model.Slots > 0 && generated > model.Slots)
        {
            RpcErrors.ThrowInvalidArgument(field, $"must be at most {model.Slots}, the slots of the model '{model.Name}'");
        }

        if ((long)generated * maxTokens > MaximumTokens)
        {
            RpcErrors.ThrowInvalidArgument(field, $"{generated} candidates of {maxTokens} tokens; together they must be at most {MaximumTokens}");
        }

        if (request.BestOf != 0 && (long)generated * maxTokens * (1 + request.Alternatives) > MaximumRankedEntries)
        {
            RpcErrors.ThrowInvalidArgument(
                "alternatives", $"best_of × max_tokens × (1 + alternatives) must be at most {MaximumRankedEntries}");
        }
    }

    /// <summary>How many candidates are generated.</summary>
    public static int Generated(GenerateRequest request) => Math.Max(Wanted(request), request.BestOf);

    /// <summary>How many the caller gets.</summary>
    public static int Wanted(GenerateRequest request) => Math.Max(1, request.Candidates);
}
