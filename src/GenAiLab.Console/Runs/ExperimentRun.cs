using GenAiLab.Experiments;
using GenAiLab.Experiments.Running;

namespace GenAiLab.WebConsole.Runs;

/// <summary>A run of an experiment, as it stands. Never changed: each step of it is another one.</summary>
/// <param name="Experiment">What is run.</param>
/// <param name="Seed">Of what it draws.</param>
/// <param name="Quick">Whether in the smallest size.</param>
/// <param name="Started">When it began.</param>
public sealed record ExperimentRun(IExperiment Experiment, int Seed, bool Quick, DateTimeOffset Started)
{
    /// <summary>What it said last, newest at the end.</summary>
    public IReadOnlyList<string> Said { get; init; } = [];

    /// <summary>What came of it; null: it runs, or was cancelled.</summary>
    public ExperimentReport? Report { get; init; }

    /// <summary>Whether it was asked to end.</summary>
    public bool Cancelled { get; init; }

    /// <summary>Whether it goes on.</summary>
    public bool IsRunning { get; init; } = true;

    /// <summary>The size in a word.</summary>
    public string Size => Quick ? "quick" : "full";
}
