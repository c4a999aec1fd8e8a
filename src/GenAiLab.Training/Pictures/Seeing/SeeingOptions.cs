namespace GenAiLab.Training.Pictures.Seeing;

/// <summary>What decides the result of training a classifier of pictures; two runs with equal options agree bit for bit.</summary>
public sealed record SeeingOptions
{
    /// <summary>Seed of initial weights and drawings.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Threads within an operation; part of the result's last bits.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Optimiser steps.</summary>
    public int Steps { get; init; } = 12_000;

    /// <summary>Pictures of a step.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>Pixels that the first layer goes on by. One, because the ears of a small cat are no larger.</summary>
    public int FirstStride { get; init; } = 1;

    /// <summary>Channels of the layers; each but the first halves the sides.</summary>
    public IReadOnlyList<int> Widths { get; init; } = [24, 48, 96, 128];

    /// <summary>Largest learning rate.</summary>
    public float LearningRate { get; init; } = 2e-3f;

    /// <summary>Steps of linear warm-up.</summary>
    public int WarmUpSteps { get; init; } = 100;

    /// <summary>For films: what is seen there is larger than a pixel, and how it moves is seen from afar.</summary>
    public static SeeingOptions Watch { get; } = new() { Steps = 2_000, FirstStride = 2, Widths = [48, 64, 96] };

    /// <summary>A size that trains in seconds: enough to see the loss fall.</summary>
    public static SeeingOptions Smoke { get; } = new() { Steps = 60, BatchSize = 16, Widths = [4, 8, 16], WarmUpSteps = 5 };
}
