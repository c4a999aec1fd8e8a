namespace GenAiLab.Cli.Chaos;

/// <summary>What a lab holds at one moment: of each service the replica that holds most.</summary>
/// <param name="Streams">Slots in use and streams that wait, of all decoders.</param>
/// <param name="Services">By service; empty where the system does not tell.</param>
internal sealed record Footprints(int Streams, IReadOnlyDictionary<string, ProcessFootprint> Services)
{
    // Pools grow and shrink: as many more are no leak. A leak has one for each of many streams and faults.
    private const int Tolerance = 16;

    public static async Task<Footprints> TakeAsync(ChaosLab lab, CancellationToken cancellation)
    {
        var streams = 0;
        for (var replica = 0; replica < lab.Replicas; replica++)
        {
            streams += await lab.StreamsAsync(replica, cancellation);
        }

        return new Footprints(streams, lab.Processes()
            .Select(static one => (one.Service, Footprint: ProcessFootprint.Read(one.Process.Id)))
            .Where(static one => one.Footprint is not null)
            .GroupBy(static one => one.Service)
            .ToDictionary(static group => group.Key, static group => new ProcessFootprint(
                group.Max(static one => one.Footprint!.ResidentBytes), group.Max(static one => one.Footprint!.Handles),
                group.Max(static one => one.Footprint!.Sockets), group.Max(static one => one.Footprint!.Threads))));
    }

    /// <summary>What is more than it was, in words.</summary>
    public IReadOnlyList<string> Above(Footprints before)
    {
        List<string> above = Streams > 0 ? [$"{Streams} streams are left in the decoders"] : [];
        foreach (var (service, now) in Services)
        {
            if (before.Services.TryGetValue(service, out var then))
            {
                Compare(service, "sockets", now.Sockets, then.Sockets);
                Compare(service, "handles", now.Handles, then.Handles);
                Compare(service, "threads", now.Threads, then.Threads);
            }
        }

        return above;

        void Compare(string service, string what, int now, int then)
        {
            if (now > then + Tolerance)
            {
                above.Add($"the {service} has {now} {what}, before the faults it had {then}");
            }
        }
    }
}
