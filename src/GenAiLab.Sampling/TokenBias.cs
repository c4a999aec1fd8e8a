namespace GenAiLab.Sampling;

/// <summary>What is added to a token's logit.</summary>
/// <param name="TokenId">The token.</param>
/// <param name="Bias">Range [−1000, 1000]; −100 or less excludes the token.</param>
public readonly record struct TokenBias(int TokenId, float Bias)
{
    /// <summary>Whether it excludes the token, whatever its logit.</summary>
    public bool Excludes => Bias <= -100;
}
