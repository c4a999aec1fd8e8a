using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Media;

/// <summary>The contract's limits on media. Each throws INVALID_ARGUMENT naming the field.</summary>
internal static class MediaValidation
{
    public const int MaximumBytes = 4_000_000;
    private const int MaximumInterval = 131_072;

    /// <summary>What can be told from the request alone.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static void Validate(GenerateRequest request)
    {
        if (request.PromptCase == GenerateRequest.PromptOneofCase.Media && request.Media.Length is 0 or > MaximumBytes)
        {
            RpcErrors.ThrowInvalidArgument("media", request.Media.IsEmpty ? "is empty" : $"{request.Media.Length:N0} bytes; at most {MaximumBytes:N0}");
        }

        if (request.MediaOutput is not { } output)
        {
            return;
        }

        if (output.PreviewInterval is < 0 or > MaximumInterval)
        {
            RpcErrors.ThrowInvalidArgument("media_output.preview_interval", $"must be in [1, {MaximumInterval}], or 0 for no previews");
        }

        var contradicted = request.Stop.Count > 0 ? "stop"
            : request.Constraint is not null ? "constraint"
            : request.Guard is not null ? "guard"
            : request.BeamSearch is not null ? "beam_search"
            : request.Sampling is { HasMinTokens: true } ? "sampling.min_tokens"
            : request.Sampling is { BannedTokens.Count: > 0 } ? "sampling.banned_tokens"
            : request.PromptCase == GenerateRequest.PromptOneofCase.Media ? "media"
            : null;
        if (contradicted is not null)
        {
            RpcErrors.ThrowInvalidArgument("media_output", $"contradicts {contradicted}");
        }
    }
}
