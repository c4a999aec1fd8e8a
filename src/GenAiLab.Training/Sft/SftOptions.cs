using GenAiLab.Training.Chat;

namespace GenAiLab.Training.Sft;

/// <summary>What decides the result of a supervised fine-tuning run, together with its data and initial weights.</summary>
public sealed record SftOptions
{
    /// <summary>Seed of the order.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Threads within an operation; part of the result's last bits.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Optimiser steps.</summary>
    public int Steps { get; init; } = 600;

    /// <summary>Rows of a step that hold conversations, as many in a row as fit.</summary>
    public int ChatRows { get; init; } = 12;

    /// <summary>Rows of a step that hold raw text, so that what pre-training taught is not lost; 0: none.</summary>
    public int ReplayRows { get; init; } = 4;

    /// <summary>Share of the raw text in the loss, in [0, 1]; counts only where there are replay rows.</summary>
    public float ReplayShare { get; init; } = 0.3f;

    /// <summary>Tokens of a row; no conversation is longer.</summary>
    public int Length { get; init; } = 128;

    /// <summary>Largest learning rate.</summary>
    public float LearningRate { get; init; } = 1e-3f;

    /// <summary>Steps of linear warm-up.</summary>
    public int WarmUpSteps { get; init; } = 20;

    /// <summary>Steps between held-out evaluations and checkpoints.</summary>
    public int EvaluationInterval { get; init; } = 50;

    /// <summary>A size that trains in seconds.</summary>
    public static SftOptions Smoke { get; } = new()
    {
        Steps = 40,
        ChatRows = 4,
        ReplayRows = 2,
        Length = 64,
        LearningRate = 3e-3f,
        WarmUpSteps = 4,
        EvaluationInterval = 10,
    };
}

/// <summary>What supervised fine-tuning reads.</summary>
/// <param name="Training">Conversations to learn from; the loss counts on the assistant's tokens.</param>
/// <param name="HeldOut">Conversations that training never sees; empty: no held-out loss.</param>
/// <param name="Replay">Raw documents as token ids without separators; read as far as the run needs. Empty: no replay.</param>
/// <param name="Separator">The id put in front of each document; also fills rows up.</param>
public sealed record SftData(
    IReadOnlyList<TokenizedConversation> Training, IReadOnlyList<TokenizedConversation> HeldOut, IEnumerable<int[]> Replay, int Separator);
