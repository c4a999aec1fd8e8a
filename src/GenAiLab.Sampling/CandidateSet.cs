namespace GenAiLab.Sampling;

/// <summary>
/// The head of a distribution: the highest logits and the log-sum-exp over the whole vocabulary, so that
/// the candidates' probabilities are exact.
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
    /// True when sampling from these candidates gives the very result that the whole vocabulary would:
    /// greedy, or 0 &lt; top-k ≤ the number of candidates. Otherwise ask for the full distribution.
    /// </summary>
    /// <param name="options">The sampling program.</param>
    public bool Suffices(in SamplingOptions options) =>
        options.IsGreedy ? !TokenIds.IsEmpty : options.TopK > 0 && options.TopK <= TokenIds.Length;

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
    }
}
