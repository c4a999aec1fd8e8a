namespace GenAiLab.Sampling;

/// <summary>
/// The head of a distribution: the highest logits and the log-sum-exp over the whole vocabulary, so that
/// the candidates' probabilities are exact. Or, where <see cref="IsWhole"/>, all that may be chosen.
/// </summary>
/// <param name="tokenIds">Ids, highest logit first, ties to the lower id.</param>
/// <param name="logits">Their logits, in the same order.</param>
/// <param name="logSumExp"><see cref="Distribution.LogSumExp"/> over the whole vocabulary, as float.</param>
public readonly ref struct CandidateSet(ReadOnlySpan<int> tokenIds, ReadOnlySpan<float> logits, float logSumExp)
{
    /// <summary>Ids, highest logit first, ties to the lower id.</summary>
    public ReadOnlySpan<int> TokenIds { get; } = tokenIds;

    /// <summary>Their logits.</summary>
    public ReadOnlySpan<float> Logits { get; } = logits;

    /// <summary>Natural logarithm of the sum of exp(logit) over the whole vocabulary.</summary>
    public float LogSumExp { get; } = logSumExp;

    /// <summary>
    /// The tokens that are not among the candidates are excluded, by a constraint or by guidance. Then every
    /// sampling program can be run on them. Log-probabilities and ranks stay those that the candidates say.
    /// </summary>
    public bool IsWhole { get; init; }

    /// <summary>Added to the logits before the sampling program, in the same order; only where <see cref="IsWhole"/>. Empty: nothing.</summary>
    public ReadOnlySpan<float> Adjustments { get; init; }

    /// <exception cref="InvalidLogitsException">Lengths differ, none, not numbers, or out of order.</exception>
    internal void Check()
    {
        if (TokenIds.IsEmpty || TokenIds.Length != Logits.Length)
            throw new InvalidLogitsException("the candidates are empty or not paired with logits");
        if (!float.IsFinite(LogSumExp) || !float.IsFinite(Logits[0]))
            throw new InvalidLogitsException("the candidates' logits are not numbers");
        for (var i = 1; i < Logits.Length; i++)
        {
            if (!(Logits[i] < Logits[i - 1] || (Logits[i] == Logits[i - 1] && TokenIds[i] > TokenIds[i - 1])))
                throw new InvalidLogitsException("the candidates are not in order of their logits");
        }

        if (!Adjustments.IsEmpty && (!IsWhole || Adjustments.Length != Logits.Length))
            throw new ArgumentException("adjustments go with candidates that are the whole set, one each", nameof(Adjustments));
    }
}
