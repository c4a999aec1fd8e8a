namespace GenAiLab.Sampling;

/// <summary>The contract's ranges and contradictions of a sampling program.</summary>
internal static class SamplingRules
{
    public const float MaximumTemperature = 100;
    public const int MaximumListedTokens = 1024;
    public const int MaximumWindow = 131_072;

    public static IReadOnlyList<SamplingViolation> Check(SamplingOptions options)
    {
        var violations = new List<SamplingViolation>();
        CheckRanges(options, violations);
        CheckLists(options, violations);
        CheckDry(options.Dry, violations);
        CheckContradictions(options, violations);
        CheckMirostat(options, violations);
        CheckOrder(options, violations);
        return violations;
    }

    public static IReadOnlyList<SamplingViolation> CheckFor(SamplingOptions options, int vocabularySize, long? maxTokens, IReadOnlyCollection<int> endOfSequenceIds)
    {
        var violations = new List<SamplingViolation>();
        void CheckId(int id, string field)
        {
            if ((uint)id >= (uint)vocabularySize)
                violations.Add(new(field, $"{id} is outside the vocabulary, [0, {vocabularySize})"));
        }

        for (var i = 0; i < options.LogitBias.Count; i++)
            CheckId(options.LogitBias[i].TokenId, $"logit_bias[{i}].token_id");
        for (var i = 0; i < options.BannedTokens.Count; i++)
            CheckId(options.BannedTokens[i], $"banned_tokens[{i}]");
        for (var i = 0; i < (options.Dry?.SequenceBreakers.Count ?? 0); i++)
            CheckId(options.Dry!.SequenceBreakers[i], $"dry.sequence_breaker_ids[{i}]");
        if (violations.Count == 0)
        {
            HashSet<int> excluded = [.. options.BannedTokens, .. options.LogitBias.Where(static entry => entry.Excludes).Select(static entry => entry.TokenId)];
            if (options.MinTokens > 0)
                excluded.UnionWith(endOfSequenceIds);
            if (excluded.Count >= vocabularySize)
                violations.Add(new("banned_tokens", "must not exclude the whole vocabulary; a logit_bias of -100 or less and min_tokens exclude too"));
        }

        if (options.MinTokens > maxTokens)
            violations.Add(new("min_tokens", $"must be at most {maxTokens}, the most tokens that may be generated"));
        return violations;
    }

    // Written so that NaN, which compares false with everything, is refused.
    private static void CheckRanges(SamplingOptions options, List<SamplingViolation> violations)
    {
        if (!(options.Temperature >= 0 && options.Temperature <= MaximumTemperature))
            violations.Add(new("temperature", "must be a number in [0, 100]"));
        if (options.TemperatureRange is { } range && !(range >= 0 && range <= MaximumTemperature))
            violations.Add(new("temperature_range", "must be a number in [0, 100]"));
        if (options.TemperatureExponent is { } exponent && !(exponent > 0 && exponent <= 10))
            violations.Add(new("temperature_exponent", "must be a number in (0, 10]"));
        if (options.TopK < 0)
            violations.Add(new("top_k", "must be 0 (all tokens) or positive"));
        if (!(options.TopP > 0 && options.TopP <= 1))
            violations.Add(new("top_p", "must be a number in (0, 1]"));
        if (!(options.MinP >= 0 && options.MinP <= 1))
            violations.Add(new("min_p", "must be a number in [0, 1]"));
        if (!(options.TypicalP > 0 && options.TypicalP <= 1))
            violations.Add(new("typical_p", "must be a number in (0, 1]"));
        if (options.TopNSigma is { } sigmas && !(sigmas > 0 && sigmas <= 100))
            violations.Add(new("top_n_sigma", "must be a number in (0, 100]"));
        if (!(options.XtcProbability >= 0 && options.XtcProbability <= 1))
            violations.Add(new("xtc_probability", "must be a number in [0, 1]"));
        if (options.XtcThreshold is { } threshold && !(threshold > 0 && threshold <= 0.5f))
            violations.Add(new("xtc_threshold", "must be a number in (0, 0.5]"));
        if (!(options.RepetitionPenalty > 0 && options.RepetitionPenalty <= 10))
            violations.Add(new("repetition_penalty", "must be a number in (0, 10]"));
        if (!(options.PresencePenalty >= -2 && options.PresencePenalty <= 2))
            violations.Add(new("presence_penalty", "must be a number in [-2, 2]"));
        if (!(options.FrequencyPenalty >= -2 && options.FrequencyPenalty <= 2))
            violations.Add(new("frequency_penalty", "must be a number in [-2, 2]"));
        if (options.PenaltyWindow is < 1 or > MaximumWindow)
            violations.Add(new("penalty_window", $"must be in [1, {MaximumWindow}]"));
        if (options.MinTokens < 0)
            violations.Add(new("min_tokens", "must be at least 0"));
    }

    private static void CheckLists(SamplingOptions options, List<SamplingViolation> violations)
    {
        if (options.LogitBias.Count > MaximumListedTokens)
            violations.Add(new("logit_bias", $"has more than {MaximumListedTokens} entries"));
        if (options.BannedTokens.Count > MaximumListedTokens)
            violations.Add(new("banned_tokens", $"has more than {MaximumListedTokens} ids"));
        if (violations.Count > 0)
            return;
        var biased = new HashSet<int>();
        for (var i = 0; i < options.LogitBias.Count; i++)
        {
            if (!(options.LogitBias[i].Bias >= -1000 && options.LogitBias[i].Bias <= 1000))
                violations.Add(new($"logit_bias[{i}].bias", "must be a number in [-1000, 1000]"));
            if (!biased.Add(options.LogitBias[i].TokenId))
                violations.Add(new($"logit_bias[{i}].token_id", $"{options.LogitBias[i].TokenId} comes twice"));
        }

        for (var i = 0; i < options.BannedTokens.Count; i++)
        {
            if (biased.Contains(options.BannedTokens[i]))
                violations.Add(new($"banned_tokens[{i}]", $"{options.BannedTokens[i]} has a logit_bias too"));
        }
    }

    private static void CheckDry(DryOptions? dry, List<SamplingViolation> violations)
    {
        if (dry is null)
            return;
        if (!(dry.Multiplier >= 0 && dry.Multiplier <= 100))
            violations.Add(new("dry.multiplier", "must be a number in [0, 100]"));
        if (!(dry.Base >= 1 && dry.Base <= 10))
            violations.Add(new("dry.base", "must be a number in [1, 10]"));
        if (dry.AllowedLength is < 1 or > 1024)
            violations.Add(new("dry.allowed_length", "must be in [1, 1024]"));
        if (dry.Window is < 1 or > MaximumWindow)
            violations.Add(new("dry.window", $"must be in [1, {MaximumWindow}]"));
        if (dry.SequenceBreakers.Count > SamplingOptions.MaximumSequenceBreakers)
            violations.Add(new("dry.sequence_breaker_ids", $"has more than {SamplingOptions.MaximumSequenceBreakers} ids"));
    }

    private static void CheckContradictions(SamplingOptions options, List<SamplingViolation> violations)
    {
        if (options.IsGreedy && options.TemperatureRange > 0)
            violations.Add(new("temperature_range", "contradicts a temperature of 0"));
        if (options.TemperatureExponent is not null && options.TemperatureRange is null)
            violations.Add(new("temperature_exponent", "has no meaning without temperature_range"));
        if (options.XtcThreshold is not null && options.XtcProbability == 0)
            violations.Add(new("xtc_threshold", "has no meaning without xtc_probability"));
    }

    private static void CheckMirostat(SamplingOptions options, List<SamplingViolation> violations)
    {
        if (options.Mirostat is not { } mirostat)
            return;
        if (!(mirostat.Tau > 0 && mirostat.Tau <= 32))
            violations.Add(new("mirostat.tau", "must be a number in (0, 32]"));
        if (!(mirostat.Eta > 0 && mirostat.Eta <= 1))
            violations.Add(new("mirostat.eta", "must be a number in (0, 1]"));
        if (mirostat.Mu is { } mu && !float.IsFinite(mu))
            violations.Add(new("mirostat.mu", "must be a finite number"));
        if (options.IsGreedy)
            violations.Add(new("mirostat", "contradicts a temperature of 0"));
        foreach (var step in Enum.GetValues<SamplingStep>())
        {
            if (step >= SamplingStep.TopNSigma && Parameter(options, step) is { } parameter)
                violations.Add(new("mirostat", $"contradicts {parameter}"));
        }
    }

    private static void CheckOrder(SamplingOptions options, List<SamplingViolation> violations)
    {
        if (options.Order.Count == 0)
            return;
        var seen = new HashSet<SamplingStep>();
        for (var i = 0; i < Math.Min(options.Order.Count, SamplingOptions.DefaultOrder.Count + 1); i++)
        {
            if (!Enum.IsDefined(options.Order[i]))
                violations.Add(new($"order[{i}]", "is not a sampler step"));
            else if (!seen.Add(options.Order[i]))
                violations.Add(new($"order[{i}]", "comes twice"));
        }

        foreach (var step in SamplingOptions.DefaultOrder)
        {
            if (!seen.Contains(step) && Parameter(options, step) is { } parameter)
                violations.Add(new("order", $"leaves out the step of {parameter}"));
        }
    }

    /// <summary>A field that makes a step do something; null where the step leaves everything as it is.</summary>
    public static string? Parameter(SamplingOptions options, SamplingStep step) => step switch
    {
        SamplingStep.Penalties when options.RepetitionPenalty != 1 => "repetition_penalty",
        SamplingStep.Penalties when options.PresencePenalty != 0 => "presence_penalty",
        SamplingStep.Penalties when options.FrequencyPenalty != 0 => "frequency_penalty",
        SamplingStep.Dry when options.Dry is { Multiplier: not 0 } => "dry",
        SamplingStep.Temperature when options.Temperature != 1 => "temperature",
        SamplingStep.Temperature when options.TemperatureRange > 0 => "temperature_range",
        SamplingStep.TopNSigma when options.TopNSigma is not null => "top_n_sigma",
        SamplingStep.TopK when options.TopK != 0 => "top_k",
        SamplingStep.TypicalP when options.TypicalP != 1 => "typical_p",
        SamplingStep.TopP when options.TopP != 1 => "top_p",
        SamplingStep.MinP when options.MinP != 0 => "min_p",
        SamplingStep.Xtc when options.XtcProbability != 0 => "xtc_probability",
        _ => null,
    };
}
