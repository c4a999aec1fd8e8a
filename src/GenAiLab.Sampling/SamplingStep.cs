namespace GenAiLab.Sampling;

/// <summary>A step of the chain; numbered as <c>SamplerStep</c> of the contract.</summary>
public enum SamplingStep
{
    /// <summary>Repetition, presence and frequency penalty.</summary>
    Penalties = 1,

    /// <summary>"Don't repeat yourself".</summary>
    Dry = 2,

    /// <summary>Temperature, fixed or dynamic.</summary>
    Temperature = 3,

    /// <summary>Keeps logits within so many standard deviations of the highest.</summary>
    TopNSigma = 4,

    /// <summary>Keeps the k most probable tokens.</summary>
    TopK = 5,

    /// <summary>Keeps the tokens whose surprise is nearest to the entropy.</summary>
    TypicalP = 6,

    /// <summary>Keeps the nucleus.</summary>
    TopP = 7,

    /// <summary>Keeps tokens with a share of the most probable one's probability.</summary>
    MinP = 8,

    /// <summary>Excludes the top choices.</summary>
    Xtc = 9,
}
