namespace GenAiLab.Training.Rlhf;

/// <summary>What decides the result of direct preference optimisation, together with its data and initial weights.</summary>
public sealed record DpoOptions
{
    /// <summary>Seed of the order.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Threads within an operation; part of the result's last bits.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Optimiser steps.</summary>
    public int Steps { get; init; } = 200;

    /// <summary>Pairs of a step.</summary>
    public int Pairs { get; init; } = 16;

    /// <summary>Tokens of the longest conversation, answer included.</summary>
    public int Length { get; init; } = 96;

    /// <summary>How much a nat of log-ratio counts: the leash to the initial weights, the shorter the larger.</summary>
    public float Beta { get; init; } = 0.1f;

    /// <summary>
    /// Weight of −log p of the chosen answer, per token, the anchor. Without it both answers of a pair become
    /// improbable, the rejected one faster.
    /// </summary>
    public float AnchorWeight { get; init; } = 0.2f;

    /// <summary>Largest learning rate.</summary>
    public float LearningRate { get; init; } = 5e-5f;

    /// <summary>Steps of linear warm-up.</summary>
    public int WarmUpSteps { get; init; } = 10;

    /// <summary>Steps between held-out evaluations and checkpoints.</summary>
    public int EvaluationInterval { get; init; } = 20;

    /// <summary>A size that trains in seconds.</summary>
    public static DpoOptions Smoke { get; } = new()
    {
        Steps = 30,
        Pairs = 8,
        Length = 64,
        LearningRate = 1e-3f,
        WarmUpSteps = 3,
        EvaluationInterval = 10,
    };
}
