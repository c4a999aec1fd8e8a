namespace GenAiLab.Training.Sounds.Hearing;

/// <summary>What decides the result of training a classifier of spoken words.</summary>
public sealed record HearingOptions
{
    /// <summary>Seed of initial weights and speech.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Threads within an operation; part of the result's last bits.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Optimiser steps.</summary>
    public int Steps { get; init; } = 2_500;

    /// <summary>Words of a step.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>Utterances to learn from; each is heard again with another noise.</summary>
    public int Utterances { get; init; } = 24_000;

    /// <summary>Utterances from which the codebook is learned that a third of them goes through.</summary>
    public int CodebookUtterances { get; init; } = 300;

    /// <summary>Utterances by which the classifier is measured.</summary>
    public int Measured { get; init; } = 2_000;

    /// <summary>Channels of the layers; each halves time and bands.</summary>
    public IReadOnlyList<int> Widths { get; init; } = [24, 48, 96, 128];

    /// <summary>Largest learning rate.</summary>
    public float LearningRate { get; init; } = 2e-3f;

    /// <summary>Steps of linear warm-up.</summary>
    public int WarmUpSteps { get; init; } = 100;

    /// <summary>A size that trains in seconds: enough to see the loss fall.</summary>
    public static HearingOptions Smoke { get; } = new() { Steps = 30, BatchSize = 16, Utterances = 240, CodebookUtterances = 40, Measured = 40, Widths = [4, 8, 16], WarmUpSteps = 5 };
}
