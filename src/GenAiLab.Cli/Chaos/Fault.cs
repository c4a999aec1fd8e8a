namespace GenAiLab.Cli.Chaos;

/// <summary>What is done to a service, or to the connections to it.</summary>
internal enum FaultKind
{
    /// <summary>SIGKILL; it is started again at once.</summary>
    Kill,

    /// <summary>SIGSTOP, and SIGCONT after a while.</summary>
    Freeze,

    /// <summary>All its connections are reset.</summary>
    Cut,

    /// <summary>All its connections stay open at both ends, and nothing passes any more.</summary>
    HalfOpen,

    /// <summary>Nothing passes for a while, and no connection is made.</summary>
    Partition,

    /// <summary>Everything comes 500 ms late for a while.</summary>
    Delay,

    /// <summary>For a while 5 % of what is sent is lost, and sent again.</summary>
    Loss,
}

/// <summary>One fault.</summary>
/// <param name="Kind">What is done.</param>
/// <param name="Service">To which service.</param>
/// <param name="Replica">To which of its replicas, from 0.</param>
internal sealed record Fault(FaultKind Kind, string Service, int Replica)
{
    /// <summary>How late <see cref="FaultKind.Delay"/> makes everything.</summary>
    public static readonly TimeSpan DelayTime = TimeSpan.FromMilliseconds(500);

    /// <summary>The share that <see cref="FaultKind.Loss"/> loses.</summary>
    public const double LostShare = 0.05;

    /// <summary>What it is called in the report, whichever replica it strikes.</summary>
    public string Name => Kind switch
    {
        FaultKind.Kill => $"SIGKILL, {Service}",
        FaultKind.Freeze => $"SIGSTOP, {Service}",
        FaultKind.Cut => $"connections reset, {Service}",
        FaultKind.HalfOpen => $"connections half-open, {Service}",
        FaultKind.Partition => $"partition, {Service}",
        FaultKind.Delay => $"500 ms delay, {Service}",
        _ => $"5 % loss, {Service}",
    };

    /// <summary>Whether it lasts until it is taken back.</summary>
    public bool Lasts => Kind is FaultKind.Freeze or FaultKind.Partition or FaultKind.Delay or FaultKind.Loss;

    /// <summary>Whether clients may see UNAVAILABLE: with another replica, only where what they are connected to is gone.</summary>
    public bool ReachesClients(int replicas) => replicas == 1 || Service == "orchestrator";

    /// <summary>
    /// All there are, in a random order, again and again: each comes before any comes twice. A single decoder is neither frozen
    /// nor parted from its callers: nobody could take its streams.
    /// </summary>
    /// <param name="replicas">Of each service.</param>
    /// <param name="only">Of which kinds; empty: of all.</param>
    /// <param name="random">Of order and replicas.</param>
    public static IEnumerable<Fault> Deal(int replicas, IReadOnlyCollection<FaultKind> only, Random random)
    {
        var all = ChaosLab.Services.Select(static service => (FaultKind.Kill, service))
            .Concat(Enum.GetValues<FaultKind>().Where(kind => kind != FaultKind.Kill && (replicas > 1 || kind == FaultKind.Cut)).Select(static kind => (kind, "decoder")))
            .Where(fault => only.Count == 0 || only.Contains(fault.Item1))
            .ToArray();
        while (all.Length > 0)
        {
            random.Shuffle(all);
            foreach (var (kind, service) in all)
            {
                yield return new Fault(kind, service, random.Next(replicas));
            }
        }
    }
}
