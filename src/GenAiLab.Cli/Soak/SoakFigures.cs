namespace GenAiLab.Cli.Soak;

/// <summary>How long requests of one kind took in the first sixth of a run and in its last.</summary>
/// <param name="Kind">For example "generate, drawn".</param>
/// <param name="Count">Requests in the whole run.</param>
/// <param name="First">Seconds of each that began in the first sixth.</param>
/// <param name="Last">Seconds of each that began in the last sixth.</param>
internal sealed record SoakLatencies(string Kind, int Count, IReadOnlyList<double> First, IReadOnlyList<double> Last);

/// <summary>What a run has shown.</summary>
/// <param name="Settings">How it was run.</param>
/// <param name="Samples">In the order of time.</param>
/// <param name="Latencies">By kind of request.</param>
/// <param name="FailedCount">Requests that failed, or whose answer was not that of the same request before the run.</param>
/// <param name="Failures">The first of them, in words.</param>
/// <param name="After">What the services hold after the last request.</param>
internal sealed record SoakFigures(
    SoakSettings Settings, IReadOnlyList<SoakSample> Samples, IReadOnlyList<SoakLatencies> Latencies, int FailedCount, IReadOnlyList<string> Failures,
    SoakSample After);
