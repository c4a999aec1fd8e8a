namespace GenAiLab.Cli.Chaos;

/// <summary>What is done, and what must hold.</summary>
internal sealed record ChaosSettings
{
    /// <summary>Which faults, when, and what the streams are.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>No fault begins later than so long after the first.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The most faults; 0: as many as there is time for.</summary>
    public int MaximumFaults { get; init; }

    /// <summary>Of which kinds they are; empty: of all.</summary>
    public IReadOnlyCollection<FaultKind> Only { get; init; } = [];

    /// <summary>Concurrent streams.</summary>
    public int Streams { get; init; } = 16;

    /// <summary>How long a fault lasts that does not end by itself.</summary>
    public TimeSpan Hold { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest wait for a token.</summary>
    public TimeSpan PauseLimit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest time until a service that was killed and is started again serves.</summary>
    public TimeSpan ReadyLimit { get; init; } = TimeSpan.FromSeconds(5);
}
