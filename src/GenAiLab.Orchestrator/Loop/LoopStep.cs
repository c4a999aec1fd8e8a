using GenAiLab.V1;

namespace GenAiLab.Orchestrator.Loop;

/// <summary>
/// A token that could have been chosen. Log-probabilities in nats: raw under the model's own distribution, processed
/// after the sampling program, null where that excludes it. Rank 1 is the model's most probable token.
/// </summary>
internal readonly record struct TokenAlternative(int Id, float RawLogProbability, float? ProcessedLogProbability = null, int Rank = 0);

/// <summary>
/// The token that was chosen. Log-probabilities in nats: raw under the model's own distribution, processed after the
/// sampling program. Mirostat's µ after it, with which another sampler goes on; null without mirostat.
/// </summary>
internal readonly record struct ChosenToken(
    int Id, float RawLogProbability, float ProcessedLogProbability, IReadOnlyList<TokenAlternative> Alternatives, int Rank = 0, float? MirostatMu = null);

/// <summary>Where a step's time went, in nanoseconds.</summary>
internal readonly record struct ModelTiming(long Queue, long Prefill, long Decode, long Sample);

/// <summary>
/// One turn of the loop, wherever the token was chosen. <see cref="Finish"/> is the decoder's own
/// reason to end, UNSPECIFIED while it has none; then there may be no token.
/// </summary>
internal sealed record LoopStep(ChosenToken? Token, ModelTiming Timing, FinishReason Finish)
{
    /// <summary>With a stream's first token: tokens of the prompt that the decoder's prefix cache supplied.</summary>
    public int CachedPromptTokens { get; init; }

    /// <summary>With a constraint: whether the text satisfies it behind this step's token.</summary>
    public bool? ConstraintSatisfied { get; init; }

    /// <summary>How often the generation was resumed at another decoder so far.</summary>
    public int Resumes { get; init; }

    /// <summary>The caller has the token already, from an earlier call.</summary>
    public bool IsReplayed { get; init; }

    /// <summary>Tokens that were guessed, from this one on.</summary>
    public int Drafted { get; init; }

    /// <summary>1 where this token was guessed rightly.</summary>
    public int Accepted { get; init; }
}
