namespace GenAiLab.Sampling;

/// <summary>
/// "Don't repeat yourself" (p-e-w 2024): a token that followed an earlier occurrence of the last n tokens
/// loses multiplier · base ^ (n − allowed length) of its logit.
/// </summary>
public sealed record DryOptions
{
    /// <summary>Range [0, 100]; 0 turns it off.</summary>
    public float Multiplier { get; init; }

    /// <summary>Range [1, 10].</summary>
    public float Base { get; init; } = 1.75f;

    /// <summary>How many tokens may be repeated freely. Range [1, 1024].</summary>
    public int AllowedLength { get; init; } = 2;

    /// <summary>How many of the last tokens are looked at, prompt included; null: all. Range [1, 131072].</summary>
    public int? Window { get; init; }

    /// <summary>Tokens that no repetition reaches across. At most 65,536.</summary>
    public IReadOnlyList<int> SequenceBreakers { get; init; } = [];
}
