namespace GenAiLab.Training.Rlhf;

/// <summary>What decides the result of policy optimisation, together with prompts, reward model and initial weights.</summary>
public sealed record RlhfOptions
{
    /// <summary>Seed of prompts and draws.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Threads within an operation; part of the result's last bits.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Optimiser steps, each on answers drawn from the weights before it.</summary>
    public int Steps { get; init; } = 260;

    /// <summary>Different prompts of a step.</summary>
    public int Prompts { get; init; } = 12;

    /// <summary>Answers drawn to each prompt; each is compared with the mean of its group.</summary>
    public int Group { get; init; } = 8;

    /// <summary>Tokens of the longest prompt.</summary>
    public int PromptLength { get; init; } = 60;

    /// <summary>Tokens of an answer at most, its end included.</summary>
    public int AnswerLength { get; init; } = 28;

    /// <summary>Weight of the divergence from the initial weights, the leash; 0: none.</summary>
    public float KlWeight { get; init; } = 0.05f;

    /// <summary>Taken from the reward of an answer that did not end, in deviations of the reward.</summary>
    public float UnendedPenalty { get; init; } = 1;

    /// <summary>Largest learning rate.</summary>
    public float LearningRate { get; init; } = 1e-4f;

    /// <summary>Steps of linear warm-up.</summary>
    public int WarmUpSteps { get; init; } = 10;

    /// <summary>Steps between evaluations and checkpoints.</summary>
    public int EvaluationInterval { get; init; } = 20;

    /// <summary>A size that trains in seconds.</summary>
    public static RlhfOptions Smoke { get; } = new()
    {
        Steps = 12,
        Prompts = 4,
        Group = 4,
        PromptLength = 44,
        AnswerLength = 16,
        LearningRate = 1e-3f,
        WarmUpSteps = 2,
        EvaluationInterval = 4,
    };
}

/// <summary>What policy optimisation works with.</summary>
/// <param name="Prompts">Token ids up to where the assistant is to answer, each at most <see cref="RlhfOptions.PromptLength"/>.</param>
/// <param name="HeldOut">Prompts for the win rate, never trained on; may be empty.</param>
/// <param name="Reward">Rewards of answers, in the order given: which prompt, and the answer.</param>
/// <param name="Judge">
/// 1 when the first answer to a held-out prompt is better, 0 when the second is, one half when neither: a rule that the
/// reward has not seen.
/// </param>
public sealed record RlhfData(
    IReadOnlyList<int[]> Prompts, IReadOnlyList<int[]> HeldOut,
    Func<IReadOnlyList<(int Prompt, Rollout Answer)>, float[]> Reward, Func<int, Rollout, Rollout, double> Judge);
