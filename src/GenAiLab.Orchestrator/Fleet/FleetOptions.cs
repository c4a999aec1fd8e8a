using GenAiLab.Balancing;

namespace GenAiLab.Orchestrator.Fleet;

/// <summary>Configuration section <c>Decoders</c>: how streams are spread where there are several decoders.</summary>
internal sealed class FleetOptions
{
    /// <summary>How a replica is chosen.</summary>
    public RoutingRule Routing { get; set; } = RoutingRule.PrefixAffinity;

    /// <summary>How much busier than the least busy a replica may be and still be chosen for its cache; 1 is all its slots.</summary>
    public double MaximumImbalance { get; set; } = 0.5;

    /// <summary>Pause between two load reports of a replica.</summary>
    public TimeSpan ReportInterval { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>A replica that does not answer for so long is frozen or cut off: its streams go on elsewhere.</summary>
    public TimeSpan ReportDeadline { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>A replica that does not answer for so long gets no new streams while others serve.</summary>
    public TimeSpan SuspectAfter { get; set; } = TimeSpan.FromMilliseconds(400);

    /// <summary>Pause between two look-ups of a DNS name; after the loss of a replica it is looked up at once.</summary>
    public TimeSpan ResolveInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a request or a stream waits for a replica to serve when there is none, before it fails with UNAVAILABLE.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>A stream without a first token after so long is begun at a second replica too. Zero: never.</summary>
    public TimeSpan HedgeAfter { get; set; }

    public bool IsValid() =>
        HedgeAfter >= TimeSpan.Zero && HedgeAfter <= TimeSpan.FromHours(1) && Enum.IsDefined(Routing) && MaximumImbalance is >= 0 and <= 1000 && IsPause(ReportInterval) && IsPause(ReportDeadline)
        && IsPause(SuspectAfter) && IsPause(ResolveInterval) && Patience >= TimeSpan.Zero && Patience <= TimeSpan.FromHours(1);

    public RoutingSettings Policy() => new() { Rule = Routing, MaximumImbalance = MaximumImbalance };

    public HealthSettings Health() => new() { SuspectAfter = SuspectAfter };

    private static bool IsPause(TimeSpan time) => time >= TimeSpan.FromMilliseconds(10) && time <= TimeSpan.FromHours(1);
}
