namespace GenAiLab.Cli.Soak;

/// <summary>How long is run, and with how many clients.</summary>
internal sealed record SoakSettings
{
    /// <summary>Which requests come in which order.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>How long clients begin requests.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromMinutes(60);

    /// <summary>Clients, each with one request at a time.</summary>
    public int Clients { get; init; } = 8;

    /// <summary>Different requests of each kind, 1 to <see cref="SoakMix.Variants"/>.</summary>
    public int Variants { get; init; } = SoakMix.Variants;

    /// <summary>From one look at the processes to the next.</summary>
    public TimeSpan SamplePeriod { get; init; } = TimeSpan.FromSeconds(5);
}
