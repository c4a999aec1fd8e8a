namespace GenAiLab.Experiments.Running;

/// <summary>What came of an experiment.</summary>
/// <param name="Name">The experiment's name.</param>
/// <param name="LessonSays">The claim.</param>
/// <param name="Does">How it was checked.</param>
/// <param name="Measurements">What was measured; empty when it could not be run.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Error">Why it could not be run; null when it ran.</param>
public sealed record ExperimentReport(
    string Name, string LessonSays, string Does, IReadOnlyList<Measurement> Measurements, double Seconds, string? Error)
{
    /// <summary>What is to be drawn of it; none when it could not be run.</summary>
    public IReadOnlyList<ExperimentPlot> Plots { get; init; } = [];

    /// <summary>It ran, it has a criterion at least, and every criterion is met.</summary>
    public bool Passed =>
        Error is null
        && Measurements.Any(static measurement => measurement.Criterion != Criterion.Reported)
        && Measurements.All(static measurement => measurement.Passed);
}
