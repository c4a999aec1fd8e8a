using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Requests;

/// <summary>What a constraint goes together with. Each throws INVALID_ARGUMENT naming the field.</summary>
internal static class ConstraintValidation
{
    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static void Validate(GenerateRequest request)
    {
        if (request.Constraint is null)
        {
            return;
        }

        // Only the orchestrator knows what a token means.
        if (request.Mode == LoopMode.Pushdown)
        {
            RpcErrors.ThrowInvalidArgument("mode", "must be STEP, or unset, with a constraint");
        }

        if (request.BeamSearch is not null)
        {
            RpcErrors.ThrowInvalidArgument("beam_search", "contradicts constraint");
        }

        if (request.Sampling is { HasMinTokens: true, MinTokens: > 0 })
        {
            RpcErrors.ThrowInvalidArgument("sampling.min_tokens", "contradicts constraint: it may have to end earlier");
        }
    }
}
