namespace GenAiLab.Balancing;

/// <summary>How a replica is chosen.</summary>
public enum RoutingRule
{
    /// <summary>The replica that has the longest prefix of the prompt in its cache, while it is not much busier than the least busy; otherwise the least busy.</summary>
    PrefixAffinity,

    /// <summary>The least busy of a few.</summary>
    LeastLoad,

    /// <summary>One after the other, whatever they do: for comparison.</summary>
    RoundRobin,
}

/// <summary>What the policy is told. Load is in units of a replica's slots: 1 is a replica whose slots are all taken.</summary>
public sealed record RoutingSettings
{
    /// <summary>How a replica is chosen.</summary>
    public RoutingRule Rule { get; init; }

    /// <summary>
    /// How many replicas are compared for the least load. Up to so many replicas that is all of them; beyond,
    /// a few drawn at random do nearly as well as all (Mitzenmacher 2001, "The power of two choices"), and
    /// several routers with reports of the same age do not run to the same replica.
    /// </summary>
    public int Choices { get; init; } = 4;

    /// <summary>How much busier than the least busy a replica may be and still be chosen for its cache. In load.</summary>
    public double MaximumImbalance { get; init; } = 0.5;

    /// <summary>Prompt tokens still to be run that weigh as much as one stream.</summary>
    public int PromptTokensPerStream { get; init; } = 256;
}
