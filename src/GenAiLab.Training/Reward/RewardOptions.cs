namespace GenAiLab.Training.Reward;

/// <summary>What decides the result of a reward model's training, together with its data and initial weights.</summary>
public sealed record RewardOptions
{
    /// <summary>Seed of the order.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Threads within an operation; part of the result's last bits.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Optimiser steps.</summary>
    public int Steps { get; init; } = 600;

    /// <summary>Pairs of a step.</summary>
    public int Pairs { get; init; } = 16;

    /// <summary>Tokens of the longest conversation, answer included.</summary>
    public int Length { get; init; } = 96;

    /// <summary>Largest learning rate.</summary>
    public float LearningRate { get; init; } = 3e-4f;

    /// <summary>Steps of linear warm-up.</summary>
    public int WarmUpSteps { get; init; } = 20;

    /// <summary>Steps between held-out evaluations and checkpoints.</summary>
    public int EvaluationInterval { get; init; } = 50;

    /// <summary>A size that trains in seconds.</summary>
    public static RewardOptions Smoke { get; } = new()
    {
        Steps = 60,
        Pairs = 8,
        Length = 64,
        LearningRate = 2e-3f,
        WarmUpSteps = 5,
        EvaluationInterval = 20,
    };
}
