using GenAiLab.Sampling.Steps;

namespace GenAiLab.Sampling;

/// <summary>The steps of a program that change anything, in their order; steps without a parameter are left out.</summary>
internal sealed class SamplerChain
{
    private readonly SamplingOptions _options;
    private readonly SamplingStep[] _steps;
    private readonly DryPenalties? _dry;

    public SamplerChain(SamplingOptions options)
    {
        _options = options;
        var order = options.Order.Count > 0 ? options.Order : SamplingOptions.DefaultOrder;
        _steps = [.. order.Where(step => SamplingRules.Parameter(options, step) is not null)];
        if (options.IsGreedy)
            _steps = WithoutIdle(_steps);
        LooksBack = _steps.Contains(SamplingStep.Penalties) || _steps.Contains(SamplingStep.Dry);
        IsPlain = options.Mirostat is null && !(options.TemperatureRange > 0)
            && _steps.All(static step => step is SamplingStep.Temperature or SamplingStep.TopK or SamplingStep.TopP or SamplingStep.MinP)
            && _steps.SequenceEqual(_steps.Order());
        HeadLength = FindHeadLength();
        if (_steps.Contains(SamplingStep.Dry))
            _dry = new DryPenalties(options.Dry!);
    }

    /// <summary>Whether the choice depends on the tokens so far.</summary>
    public bool LooksBack { get; }

    /// <summary>How many of the last tokens the choice depends on.</summary>
    public int Window => Math.Max(
        _steps.Contains(SamplingStep.Penalties) ? _options.PenaltyWindow ?? int.MaxValue : 0,
        _steps.Contains(SamplingStep.Dry) ? _options.Dry!.Window ?? int.MaxValue : 0);

    /// <summary>Nothing but a fixed temperature, top-k, top-p and min-p, in this order.</summary>
    public bool IsPlain { get; }

    /// <summary>
    /// How many of the highest logits decide, when none is changed: greedy 1, otherwise top-k where only what
    /// cannot raise a token comes before it. Null: all of them may.
    /// </summary>
    public int? HeadLength { get; }

    /// <summary>Runs the steps.</summary>
    /// <param name="set">What is left; changed in place.</param>
    /// <param name="history">The tokens so far; null when nothing looks back.</param>
    /// <param name="position">Of the token to choose.</param>
    public void Apply(WorkingSet set, TokenHistory? history, long position)
    {
        foreach (var step in _steps)
        {
            Apply(step, set, history, position);
            if (!set.Suffices)
                return;
        }
    }

    private void Apply(SamplingStep step, WorkingSet set, TokenHistory? history, long position)
    {
        switch (step)
        {
            case SamplingStep.Penalties:
                Penalties.Apply(set, history!, _options);
                break;
            case SamplingStep.Dry:
                _dry!.Apply(set, history!.Tokens);
                break;
            case SamplingStep.Temperature:
                set.Temperature = _options.TemperatureRange > 0 ? DynamicTemperature.Of(set, _options) : _options.Temperature;
                break;
            case SamplingStep.TopNSigma:
                set.KeepAtLeast(Thresholds.TopNSigma(set, _options.TopNSigma!.Value));
                break;
            case SamplingStep.TopK:
                set.KeepTop(_options.TopK);
                break;
            case SamplingStep.TypicalP:
                TypicalP.Apply(set, _options.TypicalP);
                break;
            case SamplingStep.TopP:
                set.KeepNucleus(_options.TopP);
                break;
            case SamplingStep.MinP:
                set.KeepAtLeast(Thresholds.MinP(set, _options.MinP));
                break;
            case SamplingStep.Xtc:
                if (CounterRandom.Uniform(_options.Seed, position, RandomPurpose.Xtc) < _options.XtcProbability)
                    Xtc.Apply(set, _options.XtcThreshold ?? SamplingOptions.DefaultXtcThreshold);
                break;
        }
    }

    // Greedy: the most probable token stays so, unless a step after the truncation lowers or excludes it.
    private static SamplingStep[] WithoutIdle(SamplingStep[] steps)
    {
        var matters = false;
        var kept = new List<SamplingStep>();
        foreach (var step in steps.Reverse())
        {
            matters |= step is SamplingStep.Penalties or SamplingStep.Dry or SamplingStep.TypicalP or SamplingStep.Xtc;
            if (matters && step != SamplingStep.Temperature)
                kept.Add(step);
        }

        kept.Reverse();
        return [.. kept];
    }

    private int? FindHeadLength()
    {
        foreach (var step in _steps)
        {
            switch (step)
            {
                case SamplingStep.TopK:
                    return _options.TopK;
                case SamplingStep.Temperature when !(_options.TemperatureRange > 0):
                case SamplingStep.Dry:
                case SamplingStep.Penalties when _options is { RepetitionPenalty: >= 1, PresencePenalty: >= 0, FrequencyPenalty: >= 0 }:
                    continue;
                default:
                    return null;
            }
        }

        return _options.IsGreedy ? 1 : null;
    }
}
