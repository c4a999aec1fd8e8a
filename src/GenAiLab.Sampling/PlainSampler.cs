using System.Buffers;

namespace GenAiLab.Sampling;

/// <summary>
/// The quick path: a fixed temperature, top-k, top-p and min-p, in this order. Each of them keeps the beginning of
/// the ranking, so that most tokens need not be looked at more than once.
/// </summary>
internal static class PlainSampler
{
    private const int FirstNucleusGuess = 64;
    private const int NucleusGrowth = 8;
    private const int LargeNucleus = 8192;

    /// <summary>Chooses from the whole vocabulary.</summary>
    /// <param name="logits">A distribution.</param>
    /// <param name="maximum">Its highest logit.</param>
    /// <param name="options">Of the steps above only.</param>
    /// <param name="position">Counter of the draw.</param>
    /// <returns>The choice, by token.</returns>
    public static PlainChoice Choose(ReadOnlySpan<float> logits, float maximum, SamplingOptions options, long position)
    {
        if (options.IsGreedy)
            return PlainChoice.Greedy(logits.IndexOf(maximum));
        if (options.TopK > 0)
            return ChooseAmongTop(logits, Math.Min(options.TopK, logits.Length), total: null, options, position);
        return options.TopP < 1
            ? ChooseInNucleus(logits, maximum, options, position)
            : ChooseByThreshold(logits, maximum, options, position);
    }

    /// <summary>Chooses from a head of the distribution that is long enough.</summary>
    /// <param name="ranked">Its logits.</param>
    /// <param name="options">Greedy, or with a top-k of at most the head's length.</param>
    /// <param name="position">Counter of the draw.</param>
    /// <returns>The choice, by index into the head.</returns>
    public static PlainChoice ChooseFromHead(ReadOnlySpan<float> ranked, SamplingOptions options, long position) =>
        options.IsGreedy ? PlainChoice.Greedy(0) : ChooseRanked(ranked[..options.TopK], total: null, options, position);

    /// <summary>Inverse transform: the first entry at which the cumulative weight passes u times the whole.</summary>
    public static (int Index, double Mass) Draw(ReadOnlySpan<double> weights, double u)
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

        return (chosen, mass);
    }

    // The nucleus is a prefix of the ranking: rank as many as it takes, most often few.
    private static PlainChoice ChooseInNucleus(ReadOnlySpan<float> logits, float maximum, SamplingOptions options, long position)
    {
        var total = Distribution.SumOfWeights(logits, maximum, options.Temperature);
        var guess = FirstNucleusGuess;
        for (; guess < Math.Min(logits.Length, LargeNucleus); guess *= NucleusGrowth)
        {
            var choice = ChooseAmongTop(logits, guess, total, options, position);
            if (choice.Index >= 0)
                return choice;
        }

        // Larger ones are found in one ranking of all.
        var ids = ArrayPool<int>.Shared.Rent(logits.Length);
        var values = ArrayPool<float>.Shared.Rent(logits.Length);
        var weights = ArrayPool<double>.Shared.Rent(logits.Length);
        try
        {
            TopCandidates.Select(logits, ids.AsSpan(0, logits.Length), values.AsSpan(0, logits.Length));
            var sum = Weigh(values.AsSpan(0, logits.Length), options.Temperature, weights);
            var choice = new PlainChoice(-1, 0, 0, 0);
            for (; guess < logits.Length && choice.Index < 0; guess *= NucleusGrowth)
                choice = ChooseWeighed(weights.AsSpan(0, guess), options.TopP * total, mayFail: true, options, position);
            if (choice.Index < 0)
                choice = ChooseWeighed(weights.AsSpan(0, logits.Length), options.TopP * sum, mayFail: false, options, position);
            return choice with { Index = ids[choice.Index] };
        }
        finally
        {
            ArrayPool<int>.Shared.Return(ids);
            ArrayPool<float>.Shared.Return(values);
            ArrayPool<double>.Shared.Return(weights);
        }
    }

    private static PlainChoice ChooseAmongTop(ReadOnlySpan<float> logits, int k, double? total, SamplingOptions options, long position)
    {
        var ids = ArrayPool<int>.Shared.Rent(k);
        var values = ArrayPool<float>.Shared.Rent(k);
        try
        {
            TopCandidates.Select(logits, ids.AsSpan(0, k), values.AsSpan(0, k));
            var choice = ChooseRanked(values.AsSpan(0, k), total, options, position);
            return choice.Index < 0 ? choice : choice with { Index = ids[choice.Index] };
        }
        finally
        {
            ArrayPool<int>.Shared.Return(ids);
            ArrayPool<float>.Shared.Return(values);
        }
    }

    // Draws from logits in ranked order. With a total given, they are a prefix of a longer ranking of that
    // weight, and −1 says that the nucleus does not fit into the prefix.
    private static PlainChoice ChooseRanked(ReadOnlySpan<float> ranked, double? total, SamplingOptions options, long position)
    {
        var weights = ArrayPool<double>.Shared.Rent(ranked.Length);
        try
        {
            var sum = Weigh(ranked, options.Temperature, weights);
            return ChooseWeighed(weights.AsSpan(0, ranked.Length), options.TopP * (total ?? sum), mayFail: total is not null, options, position);
        }
        finally
        {
            ArrayPool<double>.Shared.Return(weights);
        }
    }

    private static PlainChoice ChooseWeighed(ReadOnlySpan<double> weights, double wanted, bool mayFail, SamplingOptions options, long position)
    {
        var (kept, reached) = Nucleus(weights, wanted);
        if (!reached && mayFail)
            return new PlainChoice(-1, 0, 0, 0);
        // The first weight is 1, so min-p compares with the weights themselves.
        while (kept > 1 && weights[kept - 1] < options.MinP)
            kept--;
        return Drawn(weights[..kept], kept, options, position);
    }

    private static double Weigh(ReadOnlySpan<float> ranked, double temperature, Span<double> weights)
    {
        double sum = 0;
        for (var i = 0; i < ranked.Length; i++)
            sum += weights[i] = Math.Exp(((double)ranked[i] - ranked[0]) / temperature);
        return sum;
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
    private static PlainChoice ChooseByThreshold(ReadOnlySpan<float> logits, float maximum, SamplingOptions options, long position)
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

            return Drawn(weights, kept: logits.Length, options, position);
        }
        finally
        {
            ArrayPool<double>.Shared.Return(rented);
        }
    }

    private static PlainChoice Drawn(ReadOnlySpan<double> weights, int kept, SamplingOptions options, long position)
    {
        var (index, mass) = Draw(weights, CounterRandom.Uniform(options.Seed, position));
        return new PlainChoice(index, (float)Math.Log(weights[index] / mass), kept, mass);
    }
}
