namespace GenAiLab.Cli.Soak;

/// <summary>One thing that must hold, and its figure.</summary>
/// <param name="Subject">A service, or a kind of request.</param>
/// <param name="What">What was measured.</param>
/// <param name="Figure">What came of it.</param>
/// <param name="Limit">The most that it may be.</param>
/// <param name="Unit">Of both.</param>
internal sealed record SoakCriterion(string Subject, string What, double Figure, double Limit, string Unit)
{
    /// <summary>The interval of the figure, 95 %; null: it has none.</summary>
    public (double Low, double High)? Interval { get; init; }

    /// <summary>Why there was too little to judge by; null: there was enough.</summary>
    public string? NotJudged { get; init; }

    /// <summary>Whether it is so. What is not judged is not missed.</summary>
    public bool IsMissed => NotJudged is null && !(Figure <= Limit);
}
