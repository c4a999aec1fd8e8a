namespace GenAiLab.Sampling.Tests;

/// <summary>The contract's definitions one after the other: slow, obvious, in double precision, without sharing a line with the sampler.</summary>
internal sealed record ReferenceChain
{
    public required float[] Logits { get; init; }

    public required SamplingOptions Options { get; init; }

    public int[] Prompt { get; init; } = [];

    public int[] Generated { get; init; } = [];

    public int[] EndIds { get; init; } = [];

    public Func<int, bool> Allowed { get; init; } = static _ => true;

    private long Position => Generated.Length;

    /// <summary>By id: the probability of being drawn; 0 where the token is excluded.</summary>
    public double[] Probabilities()
    {
        var left = Left();
        var result = new double[Logits.Length];
        if (Options.IsGreedy)
        {
            result[Ranked(left)[0]] = 1;
            return result;
        }

        foreach (var (id, p) in Softmax(left))
            result[id] = p;
        return result;
    }

    private Dictionary<int, double> Left()
    {
        var left = new Dictionary<int, double>();
        for (var id = 0; id < Logits.Length; id++)
        {
            var bias = Options.LogitBias.Where(entry => entry.TokenId == id).Select(static entry => entry.Bias).SingleOrDefault();
            var delayed = Position < Options.MinTokens && EndIds.Contains(id);
            if (Allowed(id) && !Options.BannedTokens.Contains(id) && bias > -100 && !delayed && !float.IsNegativeInfinity(Logits[id]))
                left[id] = Logits[id] + bias;
        }

        foreach (var step in Options.Order.Count > 0 ? Options.Order : SamplingOptions.DefaultOrder)
            left = Apply(step, left);
        if (Options.Mirostat is { } mirostat)
        {
            var mu = mirostat.Mu ?? 2 * mirostat.Tau;
            var p = Softmax(left);
            var best = Ranked(left)[0];
            left = Keep(left, id => -Math.Log2(p[id]) <= mu || left[id] == left[best]);
        }

        return left;
    }

    private Dictionary<int, double> Apply(SamplingStep step, Dictionary<int, double> left)
    {
        var p = Softmax(left);
        var ranked = Ranked(left);
        switch (step)
        {
            case SamplingStep.Penalties:
                return left.ToDictionary(static pair => pair.Key, pair => Penalised(pair.Key, pair.Value));
            case SamplingStep.Dry:
                return Options.Dry is { } dry ? left.ToDictionary(static pair => pair.Key, pair => pair.Value - DryPenalty(dry, pair.Key)) : left;
            case SamplingStep.Temperature:
                return Options.IsGreedy ? left : left.ToDictionary(static pair => pair.Key, pair => pair.Value / Temperature(p));
            case SamplingStep.TopNSigma when Options.TopNSigma is { } sigmas:
                var mean = left.Values.Average();
                var deviation = Math.Sqrt(left.Values.Average(logit => (logit - mean) * (logit - mean)));
                return Keep(left, id => left[id] >= left[ranked[0]] - (sigmas * deviation) - 1e-9);
            case SamplingStep.TopK when Options.TopK > 0:
                return Keep(left, [.. ranked.Take(Options.TopK)]);
            case SamplingStep.TypicalP when Options.TypicalP < 1:
                var entropy = p.Values.Sum(static q => -q * Math.Log(q));
                return Keep(left, Until(ranked.Order().OrderBy(id => Math.Round(Math.Abs(-Math.Log(p[id]) - entropy), 12)), p, Options.TypicalP));
            case SamplingStep.TopP when Options.TopP < 1:
                return Keep(left, Until(ranked, p, Options.TopP));
            case SamplingStep.MinP when Options.MinP > 0:
                return Keep(left, id => p[id] >= Options.MinP * p[ranked[0]] * (1 - 1e-9));
            case SamplingStep.Xtc when CounterRandom.Uniform(Options.Seed, Position, RandomPurpose.Xtc) < Options.XtcProbability:
                int[] top = [.. ranked.Where(id => p[id] >= (Options.XtcThreshold ?? 0.1f))];
                return top.Length < 2 ? left : Keep(left, id => !top[..^1].Contains(id));
            default:
                return left;
        }
    }

    private double Penalised(int id, double logit)
    {
        int[] all = [.. Prompt, .. Generated];
        var begin = Math.Max(0, all.Length - (Options.PenaltyWindow ?? int.MaxValue));
        var occurs = all.Skip(begin).Contains(id);
        var generated = Enumerable.Range(begin, all.Length - begin).Count(at => at >= Prompt.Length && all[at] == id);
        if (occurs)
            logit = logit > 0 ? logit / Options.RepetitionPenalty : logit * Options.RepetitionPenalty;
        return logit - (generated > 0 ? Options.PresencePenalty : 0) - (generated * (double)Options.FrequencyPenalty);
    }

    // For every n: do the last n tokens stand, free of breakers, before some earlier occurrence of the token?
    private double DryPenalty(DryOptions dry, int id)
    {
        int[] all = [.. Prompt, .. Generated];
        all = [.. all.Skip(Math.Max(0, all.Length - (dry.Window ?? int.MaxValue)))];
        if (dry.SequenceBreakers.Contains(id))
            return 0;
        var longest = 0;
        for (var n = 1; n < all.Length; n++)
        {
            var end = all[^n..];
            if (end.Any(dry.SequenceBreakers.Contains))
                break;
            for (var at = n; at < all.Length; at++)
            {
                if (all[at] == id && all[(at - n)..at].SequenceEqual(end))
                    longest = n;
            }
        }

        return longest >= dry.AllowedLength ? dry.Multiplier * Math.Pow(dry.Base, longest - dry.AllowedLength) : 0;
    }

    private double Temperature(Dictionary<int, double> p)
    {
        if (Options.TemperatureRange is not { } range || range == 0)
            return Options.Temperature;
        var low = Math.Max(0.01, (double)Options.Temperature - range);
        var high = Math.Max(low, (double)Options.Temperature + range);
        var entropy = p.Values.Sum(static q => q > 0 ? -q * Math.Log(q) : 0);
        return p.Count < 2 ? low : low + ((high - low) * Math.Pow(entropy / Math.Log(p.Count), Options.TemperatureExponent ?? 1));
    }

    private static HashSet<int> Until(IEnumerable<int> order, Dictionary<int, double> p, double part)
    {
        var mass = 0.0;
        return [.. order.TakeWhile(id =>
        {
            var before = mass;
            mass += p[id];
            return before < part * (1 - 1e-12);
        })];
    }

    private static int[] Ranked(Dictionary<int, double> left) => [.. left.Keys.OrderByDescending(id => left[id]).ThenBy(static id => id)];

    private static Dictionary<int, double> Softmax(Dictionary<int, double> left)
    {
        var maximum = left.Values.Max();
        var total = left.Values.Sum(logit => Math.Exp(logit - maximum));
        return left.ToDictionary(static pair => pair.Key, pair => Math.Exp(pair.Value - maximum) / total);
    }

    private static Dictionary<int, double> Keep(Dictionary<int, double> left, HashSet<int> kept) => Keep(left, kept.Contains);

    private static Dictionary<int, double> Keep(Dictionary<int, double> left, Func<int, bool> kept) =>
        left.Where(pair => kept(pair.Key)).ToDictionary();
}
