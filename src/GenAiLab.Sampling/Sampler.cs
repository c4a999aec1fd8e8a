namespace GenAiLab.Sampling;

/// <summary>Single choices that depend on nothing but the distribution. For a generation, use a <see cref="TokenSampler"/>.</summary>
public static class Sampler
{
    /// <summary>Samples from the whole vocabulary.</summary>
    /// <param name="logits">One per vocabulary entry; −∞ excludes a token.</param>
    /// <param name="options">Valid by <see cref="SamplingOptions.Validate"/>. What looks back finds no tokens.</param>
    /// <param name="position">Counter of the draw: the number of tokens generated before this one.</param>
    /// <param name="alternatives">How many of the most probable tokens to report.</param>
    /// <exception cref="InvalidLogitsException">The logits are no distribution.</exception>
    public static SampleResult Sample(ReadOnlySpan<float> logits, SamplingOptions options, long position, int alternatives) =>
        new TokenSampler(options, logits.Length, [], [], 0) { Position = position }.Sample(logits, alternatives);

    /// <summary>Samples from a distribution's head. Gives bit for bit what the whole vocabulary would.</summary>
    /// <param name="candidates">The head.</param>
    /// <param name="options">Valid by <see cref="SamplingOptions.Validate"/>. What looks back finds no tokens.</param>
    /// <param name="position">Counter of the draw: the number of tokens generated before this one.</param>
    /// <param name="alternatives">How many of the most probable tokens to report; at most the candidates there are.</param>
    /// <exception cref="InvalidLogitsException">The candidates are no head of a distribution.</exception>
    /// <exception cref="ArgumentException">The candidates do not suffice.</exception>
    public static SampleResult Sample(in CandidateSet candidates, SamplingOptions options, long position, int alternatives) =>
        new TokenSampler(options, int.MaxValue, [], [], 0) { Position = position }.Sample(candidates, alternatives);

    /// <summary>Rates a token that is given.</summary>
    /// <param name="logits">One per vocabulary entry; −∞ excludes a token.</param>
    /// <param name="tokenId">The token; an index into <paramref name="logits"/>.</param>
    /// <param name="alternatives">How many of the most probable tokens to report.</param>
    /// <exception cref="InvalidLogitsException">The logits are no distribution.</exception>
    public static SampleResult Score(ReadOnlySpan<float> logits, int tokenId, int alternatives)
    {
        var logSumExp = (float)Distribution.LogSumExp(logits);
        var (ids, values) = TopCandidates.Select(logits, alternatives);
        var list = new Alternative[ids.Length];
        for (var i = 0; i < list.Length; i++)
            list[i] = new Alternative(ids[i], values[i] - logSumExp, i + 1);
        return new SampleResult(tokenId, logits[tokenId] - logSumExp, 0, Distribution.RankOf(logits, tokenId), list);
    }
}
