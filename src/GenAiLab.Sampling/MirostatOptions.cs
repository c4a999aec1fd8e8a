namespace GenAiLab.Sampling;

/// <summary>Mirostat 2 (Basu et al. 2021, algorithm 2): steers the surprise of the text. In bits.</summary>
public sealed record MirostatOptions
{
    /// <summary>The target surprise. Range (0, 32].</summary>
    public float Tau { get; init; } = 5;

    /// <summary>The learning rate. Range (0, 1].</summary>
    public float Eta { get; init; } = 0.1f;

    /// <summary>Where the largest surprise that is let through starts; null: 2 τ.</summary>
    public float? Mu { get; init; }
}
