using System.Buffers;

namespace GenAiLab.Sampling;

/// <summary>
/// Chooses the next token. Pure: the same logits, options and position give the same token, whatever
/// happened before. The decoder (pushdown mode) and the orchestrator (step mode) share it.
/// </summary>
/// <remarks>
/// Left out on purpose: repetition penalties and every other step that looks at the tokens so far; they
/// would make a position's token depend on more than its distribution.
/// </remarks>
public static class Sampler
{
    private const int FirstNucleusGuess = 64;

    /// <summary>Samples from the whole vocabulary.</summary>
    /// <param name="logits">One per vocabulary entry; −∞ excludes a token.</param>
    /// <param name="options">Valid by <see cref="SamplingOptions.Validate"/>.</param>
    /// <param name="position">Counter of the draw: the number of tokens generated before this one.</param>
    /// <param name="alternatives">How many of the most probable tokens to report.</param>
    /// <exception cref="InvalidLogitsException">The logits are no distribution.</exception>
    public static SampleResult Sample(ReadOnlySpan<float> logits, in SamplingOptions options, long position, int alternatives)
    {
        var maximum = Distribution.Maximum(logits);
        // Rounded to float as it travels on the wire, so that both loop modes report the same bits.
        var logSumExp = (float)Distribution.LogSumExp(logits);
        var (id, processed) = Choose(logits, maximum, options, position);
        var alternativeList = alternatives > 0 ? Alternatives(logits, alternatives, logSumExp) : [];
        return new SampleResult(id, Raw(logits[id], logSumExp), processed, RankOf(logits, id), alternativeList);
    }

    /// <summary>
    /// Samples from a distribution's head. Gives bit for bit what the whole vocabulary would; the head must
    /// suffice for it.
    /// </summary>
    /// <param name="candidates">The head; see <see cref="CandidateSet.Suffices"/>.</param>
    /// <param name="options">Valid by <see cref="SamplingOptions.Validate"/>.</param>
    /// <param name="position">Counter of the draw: the number of tokens generated before this one.</param>
    /// <param name="alternatives">How many of the most probable tokens to report; at most the candidates there are.</param>
    /// <exception cref="InvalidLogitsException">The candidates are no head of a distribution.</exception>
    /// <exception cref="ArgumentException">The candidates do not suffice.</exception>
    public static SampleResult Sample(in CandidateSet candidates, in SamplingOptions options, long position, int alternatives)
    {
        candidates.Check();
        if (!candidates.Suffices(options))
            throw new ArgumentException("sampling without top-k, or with one above the number of candidates, needs every logit", nameof(candidates));
        var (index, processed) = options.IsGreedy
            ? (0, 0f)
            : ChooseRanked(candidates.Logits[..options.TopK], total: null, options, position);
        var list = new Alternative[Math.Min(Math.Max(alternatives, 0), candidates.TokenIds.Length)];
        for (var i = 0; i < list.Length; i++)
            list[i] = new Alternative(candidates.TokenIds[i], Raw(candidates.Logits[i], candidates.LogSumExp), i + 1);
        return new SampleResult(candidates.TokenIds[index], Raw(candidates.Logits[index], candidates.LogSumExp), processed, index + 1, list);
    }

    /// <summary>Rates a token that is given.</summary>
    /// <param name="logits">One per vocabulary entry; −∞ excludes a token.</param>
    /// <param name="tokenId">The token; an index into <paramref name="logits"/>.</param>
    /// <param name="alternatives">How many of the most probable tokens to report.</param>
    /// <exception cref="InvalidLogitsException">The logits are no distribution.</exception>
    public static SampleResult Score(ReadOnlySpan<float> logits, int tokenId, int alternatives)
    {
        Distribution.Maximum(logits);
        var logSumExp = (float)Distribution.LogSumExp(logits);
        return new SampleResult(
            tokenId, Raw(logits[tokenId], logSumExp), 0, RankOf(logits, tokenId), alternatives > 0 ? Alternatives(logits, alternatives, logSumExp) : []);
    }

    private static (int Id, float Processed) Choose(ReadOnlySpan<float> logits, float maximum, in SamplingOptions options, long position)
    {
        if (options.IsGreedy)
            return (logits.IndexOf(maximum), 0);
        if (options.TopK > 0)
            return ChooseAmongTop(logits, Math.Min(options.TopK, logits.Length), total: null, options, position);
        return options.TopP < 1
            ? ChooseInNucleus(logits, maximum, options, position)
            : ChooseByThreshold(logits, maximum, options, position);
    }

    // The nucleus is a prefix of the ranking: rank as many as it takes, most often few.
    private static (int Id, float Processed) ChooseInNucleus(ReadOnlySpan<float> logits, float maximum, in SamplingOptions options, long position)
    {
        var total = Distribution.SumOfWeights(logits, maximum, options.Temperature);
        for (var guess = FirstNucleusGuess; guess < logits.Length; guess *= 8)
        {
            var choice = ChooseAmongTop(logits, guess, total, options, position);
            if (choice.Id >= 0)
                return choice;
        }

        return ChooseAmongTop(logits, logits.Length, total: null, options, position);
    }

    private static (int Id, float Processed) ChooseAmongTop(ReadOnlySpan<float> logits, int k, double? total, in SamplingOptions options, long position)
    {
        var ids = ArrayPool<int>.Shared.Rent(k);
        var values = ArrayPool<float>.Shared.Rent(k);
        try
        {
            TopCandidates.Select(logits, ids.AsSpan(0, k), values.AsSpan(0, k));
            var (index, processed) = ChooseRanked(values.AsSpan(0, k), total, options, position);
            return (index < 0 ? index : ids[index], processed);
        }
        finally
        {
            ArrayPool<int>.Shared.Return(ids);
            ArrayPool<float>.Shared.Return(values);
        }
    }

    // Draws from logits in ranked order. With a total given, they are a prefix of a longer ranking of that
    // weight, and −1 says that the nucleus does not fit into the prefix.
    private static (int Index, float Processed) ChooseRanked(ReadOnlySpan<float> ranked, double? total, in SamplingOptions options, long position)
    {
        var weights = ArrayPool<double>.Shared.Rent(ranked.Length);
        try
        {
            double sum = 0;
            for (var i = 0; i < ranked.Length; i++)
                sum += weights[i] = Math.Exp(((double)ranked[i] - ranked[0]) / options.Temperature);
            var (kept, reached) = Nucleus(weights.AsSpan(0, ranked.Length), options.TopP * (total ?? sum));
            if (!reached && total is not null)
                return (-1, 0);
            // The first weight is 1, so min-p compares with the weights themselves.
            while (kept > 1 && weights[kept - 1] < options.MinP)
                kept--;
            return Draw(weights.AsSpan(0, kept), CounterRandom.Uniform(options.Seed, position));
        }
        finally
        {
            ArrayPool<double>.Shared.Return(weights);
        }
    }

    private static (int Kept, bool Reached) Nucleus(ReadOnlySpan<double> weights, double wanted)
    {
        double mass = 0;
        for (var i = 0; i < weights.Length; i++)
        {
            mass += weights[i];
            if (mass >= wanted)
                return (i + 1, true);
        }

        return (weights.Length, false);
    }

    // Without a ranking there is nothing to sort: min-p is a threshold on the weight.
    private static (int Id, float Processed) ChooseByThreshold(ReadOnlySpan<float> logits, float maximum, in SamplingOptions options, long position)
    {
        var rented = ArrayPool<double>.Shared.Rent(logits.Length);
        try
        {
            var weights = rented.AsSpan(0, logits.Length);
            Distribution.Weights(logits, maximum, options.Temperature, weights);
            if (options.MinP > 0)
            {
                foreach (ref var weight in weights)
                    weight = weight < options.MinP ? 0 : weight;
            }

            return Draw(weights, CounterRandom.Uniform(options.Seed, position));
        }
        finally
        {
            ArrayPool<double>.Shared.Return(rented);
        }
    }

    // Inverse transform: the first entry at which the cumulative weight passes u times the whole.
    private static (int Index, float Processed) Draw(ReadOnlySpan<double> weights, double u)
    {
        double mass = 0;
        foreach (var weight in weights)
            mass += weight;
        var target = u * mass;
        double cumulative = 0;
        var chosen = -1;
        for (var i = 0; i < weights.Length; i++)
        {
            if (weights[i] == 0)
                continue;
            chosen = i; // The last possible one stands if rounding keeps the sum below the target.
            cumulative += weights[i];
            if (cumulative > target)
                break;
        }

        return (chosen, (float)Math.Log(weights[chosen] / mass));
    }

    private static Alternative[] Alternatives(ReadOnlySpan<float> logits, int count, float logSumExp)
    {
        var (ids, values) = TopCandidates.Select(logits, count);
        var list = new Alternative[ids.Length];
        for (var i = 0; i < list.Length; i++)
            list[i] = new Alternative(ids[i], Raw(values[i], logSumExp), i + 1);
        return list;
    }

    private static int RankOf(ReadOnlySpan<float> logits, int id)
    {
        var value = logits[id];
        var rank = 1;
        for (var i = 0; i < logits.Length; i++)
            rank += logits[i] > value || (logits[i] == value && i < id) ? 1 : 0;
        return rank;
    }

    private static float Raw(float logit, float logSumExp) => logit - logSumExp;
}
