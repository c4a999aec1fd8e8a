using GenAiLab.Constraints;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Requests;

/// <summary>The contract's limits on a generation that its caller resumes. Each throws INVALID_ARGUMENT naming the field.</summary>
internal static class ResumeValidation
{
    private const string Field = "resume_tokens";

    /// <summary>What can be told from the request alone.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static void Validate(GenerateRequest request)
    {
        if (request.ResumeTokens.Count == 0)
        {
            return;
        }

        Contradicts(request.Candidates > 1, "several candidates");
        Contradicts(request.BestOf > 0, "best_of");
        Contradicts(request.BeamSearch is not null, "beam_search");
        Contradicts(request.MediaOutput is not null, "media_output");
        Contradicts(request.Guard is { Output: true }, "guard.output: what it has let through is not known");
        if (request.Sampling is not { HasSeed: true })
        {
            RpcErrors.ThrowInvalidArgument("sampling.seed", "is needed with resume_tokens: the one that the first event named");
        }
    }

    /// <summary>What depends on the model; the folder's defaults are filled in.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static void ValidateFor(DecoderDescription model, GenerateRequest request)
    {
        if (request.ResumeTokens.Count == 0)
        {
            return;
        }

        // Its state is told to nobody but the orchestrator.
        Contradicts(request.Sampling.Mirostat is not null, "sampling.mirostat");
        if (request.ResumeTokens.Count > request.MaxTokens)
        {
            RpcErrors.ThrowInvalidArgument(Field, $"has more than max_tokens, {request.MaxTokens}");
        }

        SequenceValidation.Validate(request.ResumeTokens, Field, model);
    }

    /// <summary>Where the tokens stand in the constraint; null without one, or without tokens.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT: they are not the beginning of a text that satisfies it.</exception>
    public static ConstraintState? Within(TokenConstraint? constraint, IReadOnlyList<int> tokens)
    {
        if (constraint is null || tokens.Count == 0)
        {
            return null;
        }

        var state = constraint.Start;
        for (var at = 0; at < tokens.Count; at++)
        {
            if (!state.Allows(tokens[at]))
            {
                RpcErrors.ThrowInvalidArgument($"{Field}[{at}]", $"the constraint does not allow {tokens[at]} here");
            }

            state = state.Advance(tokens[at]);
        }

        return state;
    }

    private static void Contradicts(bool isSet, string what)
    {
        if (isSet)
        {
            RpcErrors.ThrowInvalidArgument(Field, $"contradicts {what}");
        }
    }
}
