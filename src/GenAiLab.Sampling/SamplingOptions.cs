namespace GenAiLab.Sampling;

/// <summary>
/// How the next token is chosen: the contract's <c>SamplingProgram</c>, with its defaults filled in. Exclusions and
/// biases come first, then the steps of <see cref="Order"/>, then one draw by <see cref="Seed"/>.
/// </summary>
public sealed record SamplingOptions
{
    /// <summary>The steps in the order in which they apply when nothing else is said.</summary>
    public static IReadOnlyList<SamplingStep> DefaultOrder { get; } =
    [
        SamplingStep.Penalties, SamplingStep.Dry, SamplingStep.Temperature, SamplingStep.TopNSigma, SamplingStep.TopK,
        SamplingStep.TypicalP, SamplingStep.TopP, SamplingStep.MinP, SamplingStep.Xtc,
    ];

    /// <summary>The most sequence breakers of DRY.</summary>
    public const int MaximumSequenceBreakers = 65_536;

    /// <summary>From which probability on XTC sees a top choice when nothing else is said.</summary>
    public const float DefaultXtcThreshold = 0.1f;

    /// <summary>Divides the logits; 0 is greedy. Range [0, 100].</summary>
    public float Temperature { get; init; } = 1;

    /// <summary>Half the width of the range in which the temperature follows the entropy; null or 0: fixed. Range [0, 100].</summary>
    public float? TemperatureRange { get; init; }

    /// <summary>How the dynamic temperature bends between its ends; null: 1. Range (0, 10].</summary>
    public float? TemperatureExponent { get; init; }

    /// <summary>Keeps the k most probable tokens; 0 keeps all.</summary>
    public int TopK { get; init; }

    /// <summary>Keeps the smallest set of tokens whose probability reaches it (Holtzman et al. 2020). Range (0, 1].</summary>
    public float TopP { get; init; } = 1;

    /// <summary>Keeps tokens with at least this part of the most probable one's probability (Nguyen et al. 2024). Range [0, 1].</summary>
    public float MinP { get; init; }

    /// <summary>Keeps the tokens whose surprise is nearest to the entropy, until their probability reaches it (Meister et al. 2022). Range (0, 1].</summary>
    public float TypicalP { get; init; } = 1;

    /// <summary>Keeps logits within so many standard deviations of the highest (Tang et al. 2024); null keeps all. Range (0, 100].</summary>
    public float? TopNSigma { get; init; }

    /// <summary>How often the top choices are excluded. Range [0, 1].</summary>
    public float XtcProbability { get; init; }

    /// <summary>From which probability on a token is a top choice; null: 0.1. Range (0, 0.5].</summary>
    public float? XtcThreshold { get; init; }

    /// <summary>Divides positive and multiplies negative logits of tokens that occurred (Keskar et al. 2019). Range (0, 10].</summary>
    public float RepetitionPenalty { get; init; } = 1;

    /// <summary>Subtracted from the logits of tokens that were generated. Range [−2, 2].</summary>
    public float PresencePenalty { get; init; }

    /// <summary>Subtracted once for each time that a token was generated. Range [−2, 2].</summary>
    public float FrequencyPenalty { get; init; }

    /// <summary>How many of the last tokens count for the three penalties; null: all. Range [1, 131072].</summary>
    public int? PenaltyWindow { get; init; }

    /// <summary>Penalises repetitions of sequences; null: not.</summary>
    public DryOptions? Dry { get; init; }

    /// <summary>Added to the logits. At most 1,024, no id twice.</summary>
    public IReadOnlyList<TokenBias> LogitBias { get; init; } = [];

    /// <summary>Never chosen. At most 1,024.</summary>
    public IReadOnlyList<int> BannedTokens { get; init; } = [];

    /// <summary>The end of the sequence is not chosen before so many tokens were generated.</summary>
    public int MinTokens { get; init; }

    /// <summary>Replaces every truncation; null: not.</summary>
    public MirostatOptions? Mirostat { get; init; }

    /// <summary>The steps in the order in which they apply; one that is left out does not apply. Empty: <see cref="DefaultOrder"/>.</summary>
    public IReadOnlyList<SamplingStep> Order { get; init; } = [];

    /// <summary>Seed of the draws.</summary>
    public ulong Seed { get; init; }

    /// <summary>True when no draw is made: always the most probable token, ties to the lower id.</summary>
    public bool IsGreedy => Temperature == 0;

    /// <summary>What is out of range or contradicts something else, by the field names of the contract; empty when nothing is.</summary>
    public IReadOnlyList<SamplingViolation> Validate() => SamplingRules.Check(this);

    /// <summary>What does not fit a model or a request; to be asked when <see cref="Validate"/> found nothing.</summary>
    /// <param name="vocabularySize">The model's.</param>
    /// <param name="maxTokens">Tokens generated at most, those before a resumption included; null: no limit but the context window.</param>
    /// <param name="endOfSequenceIds">The model's: what min tokens excludes at first.</param>
    public IReadOnlyList<SamplingViolation> ValidateFor(int vocabularySize, long? maxTokens, IReadOnlyCollection<int> endOfSequenceIds) =>
        SamplingRules.CheckFor(this, vocabularySize, maxTokens, endOfSequenceIds);
}
