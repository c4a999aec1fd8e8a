namespace GenAiLab.Training.Classification;

/// <summary>What decides the result of a run.</summary>
public sealed record TextClassifierOptions
{
    /// <summary>Seed of initial weights and order.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Threads within an operation.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Optimiser steps.</summary>
    public int Steps { get; init; } = 1_200;

    /// <summary>Texts of a step.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>Tokens of a text that count; the context window of the classifier.</summary>
    public int Length { get; init; } = 128;

    /// <summary>Width of the embedding.</summary>
    public int Width { get; init; } = 32;

    /// <summary>Width of the hidden layer.</summary>
    public int Hidden { get; init; } = 32;

    /// <summary>Embeddings that pairs of neighbouring tokens share by a hash; 0: word order is not seen at all.</summary>
    public int PairBuckets { get; init; }

    /// <summary>Largest learning rate.</summary>
    public float LearningRate { get; init; } = 5e-3f;
}

/// <summary>A labelled text.</summary>
/// <param name="Ids">Token ids, no separator.</param>
/// <param name="Label">Index of its label.</param>
public sealed record LabelledTokens(int[] Ids, int Label);
