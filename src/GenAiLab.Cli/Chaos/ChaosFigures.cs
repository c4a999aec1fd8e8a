namespace GenAiLab.Cli.Chaos;

/// <summary>What a run has shown.</summary>
/// <param name="Settings">How it was run.</param>
/// <param name="Replicas">Of each service.</param>
/// <param name="Records">Each fault.</param>
/// <param name="Answers">Generations that ended.</param>
/// <param name="Differences">Of them, those that failed or differ from the undisturbed run, in words.</param>
/// <param name="Before">What the lab held after the undisturbed run.</param>
/// <param name="After">What it holds after the last stream.</param>
/// <param name="Time">From the first fault on.</param>
internal sealed record ChaosFigures(
    ChaosSettings Settings, int Replicas, IReadOnlyList<FaultRecord> Records, int Answers, IReadOnlyList<string> Differences, Footprints Before, Footprints After,
    TimeSpan Time)
{
    /// <summary>The rules that did not hold, in words; none: all did.</summary>
    public IReadOnlyList<string> Broken() =>
    [
        .. Differences,
        .. After.Above(Before),
        .. Records.Where(static record => record.IsLost)
            .Select(static record => $"{record.Fault.Name}: no stream came to the decoder again within {ChaosRun.BackLimit.TotalSeconds:0} s"),
        .. Records.Where(record => record.LongestPause > Settings.PauseLimit)
            .Select(record => FormattableString.Invariant($"{record.Fault.Name}: a stream paused for {record.LongestPause.TotalSeconds:0.0} s, more than {Settings.PauseLimit.TotalSeconds:0.#} s")),
        .. Records.Where(record => record.ReadyAfter > Settings.ReadyLimit)
            .Select(record => FormattableString.Invariant($"{record.Fault.Name}: served again after {record.ReadyAfter!.Value.TotalSeconds:0.0} s, more than {Settings.ReadyLimit.TotalSeconds:0.#} s")),
        .. Records.Where(record => record.RetriedCount > 0 && !record.Fault.ReachesClients(Replicas))
            .Select(static record => $"{record.Fault.Name}: {record.RetriedCount} clients got UNAVAILABLE, though another replica served ({string.Join("; ", record.RetryReasons)})"),
    ];
}
