namespace GenAiLab.Sampling;

/// <summary>
/// How the next token is chosen from a distribution. The steps apply in the order of the properties:
/// temperature, top-k, top-p, min-p, then one draw by <see cref="Seed"/>.
/// </summary>
public readonly record struct SamplingOptions
{
    /// <summary>The highest temperature that is accepted; far above it every distribution is flat.</summary>
    public const float MaximumTemperature = 100;

    /// <summary>Temperature 1, every token kept, seed 0.</summary>
    public SamplingOptions()
    {
    }

    /// <summary>Divides the logits; 0 is greedy. Range [0, 100].</summary>
    public float Temperature { get; init; } = 1;

    /// <summary>Keeps the k most probable tokens; 0 keeps all.</summary>
    public int TopK { get; init; }

    /// <summary>Keeps the smallest set of tokens whose probability reaches it (Holtzman et al. 2020). Range (0, 1].</summary>
    public float TopP { get; init; } = 1;

    /// <summary>Keeps tokens with at least this part of the most probable one's probability. Range [0, 1].</summary>
    public float MinP { get; init; }

    /// <summary>Seed of the draws.</summary>
    public ulong Seed { get; init; }

    /// <summary>True when no draw is made: always the most probable token, ties to the lower id.</summary>
    public bool IsGreedy => Temperature == 0;

    /// <summary>What is out of range, by the field names of the contract; empty when nothing is.</summary>
    public IReadOnlyList<SamplingViolation> Validate()
    {
        List<SamplingViolation>? violations = null;
        // Written so that NaN, which compares false with everything, is refused.
        if (!(Temperature >= 0 && Temperature <= MaximumTemperature))
            (violations ??= []).Add(new("temperature", "must be a number in [0, 100]"));
        if (TopK < 0)
            (violations ??= []).Add(new("top_k", "must be 0 (all tokens) or positive"));
        if (!(TopP > 0 && TopP <= 1))
            (violations ??= []).Add(new("top_p", "must be a number in (0, 1]"));
        if (!(MinP >= 0 && MinP <= 1))
            (violations ??= []).Add(new("min_p", "must be a number in [0, 1]"));
        return violations is null ? [] : violations;
    }
}

/// <summary>A sampling field out of its range.</summary>
/// <param name="Field">The field's name in the contract, for example <c>top_p</c>.</param>
/// <param name="Description">What it must be.</param>
public readonly record struct SamplingViolation(string Field, string Description);
