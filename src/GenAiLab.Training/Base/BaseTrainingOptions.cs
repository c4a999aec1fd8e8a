using GenAiLab.Models.Llama;

namespace GenAiLab.Training.Base;

/// <summary>What decides the result of a pre-training run; two runs with equal options agree bit for bit.</summary>
public sealed record BaseTrainingOptions
{
    /// <summary>Seed of initial weights, corpus and order.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Threads within an operation; part of the result's last bits.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Optimiser steps.</summary>
    public int Steps { get; init; } = 14_000;

    /// <summary>Rows of a step.</summary>
    public int BatchSize { get; init; } = 8;

    /// <summary>Tokens of a row; the context window that the model is served with.</summary>
    public int Length { get; init; } = 256;

    /// <summary>Tokens of the corpus; more steps than it has rows for go through it again in another order.</summary>
    public int CorpusTokens { get; init; } = 36_000_000;

    /// <summary>Entries of the vocabulary.</summary>
    public int VocabularySize { get; init; } = 3_072;

    /// <summary>Width of the residual stream.</summary>
    public int HiddenSize { get; init; } = 128;

    /// <summary>Transformer blocks.</summary>
    public int Layers { get; init; } = 4;

    /// <summary>Query heads; half as many key and value heads.</summary>
    public int Heads { get; init; } = 4;

    /// <summary>Width of a head.</summary>
    public int HeadSize { get; init; } = 32;

    /// <summary>Width of the feed-forward layer.</summary>
    public int IntermediateSize { get; init; } = 344;

    /// <summary>Largest learning rate.</summary>
    public float LearningRate { get; init; } = 3e-3f;

    /// <summary>
    /// The last step's learning rate as a share of the largest. Near zero: what a token of a step teaches by accident
    /// is averaged away at the end (Bergsma et al. 2025, arXiv:2502.15938).
    /// </summary>
    public double FinalRateShare { get; init; } = 0.01;

    /// <summary>Steps of linear warm-up.</summary>
    public int WarmUpSteps { get; init; } = 100;

    /// <summary>Steps between held-out evaluations and checkpoints.</summary>
    public int EvaluationInterval { get; init; } = 250;

    /// <summary>A size that trains in seconds: enough to see the loss fall, not to learn facts.</summary>
    public static BaseTrainingOptions Smoke { get; } = new()
    {
        Steps = 60,
        BatchSize = 4,
        Length = 64,
        CorpusTokens = 40_000,
        VocabularySize = 512,
        HiddenSize = 32,
        Layers = 2,
        Heads = 2,
        HeadSize = 16,
        IntermediateSize = 64,
        LearningRate = 1e-2f,
        WarmUpSteps = 5,
        EvaluationInterval = 20,
    };

    /// <summary>
    /// A quarter of the size, for speculative decoding: nearly all of it is the vocabulary, so a step costs a fraction of the
    /// larger model's. It need not know the facts, only guess the words between them.
    /// </summary>
    public static BaseTrainingOptions Draft { get; } = new()
    {
        Steps = 6_000,
        CorpusTokens = 16_000_000,
        HiddenSize = 64,
        Layers = 2,
        Heads = 4,
        HeadSize = 16,
        IntermediateSize = 176,
        LearningRate = 4e-3f,
    };

    /// <summary>The draft beside <see cref="Smoke"/>.</summary>
    public static BaseTrainingOptions DraftSmoke { get; } = Smoke with { HiddenSize = 16, Layers = 1, Heads = 1, IntermediateSize = 32 };

    /// <summary>
    /// For drawings: a row holds one with its caption. Half of the corpus goes unread, because every row begins with a caption.
    /// </summary>
    public static BaseTrainingOptions Draw { get; } = new() { Steps = 20_000, Length = 268, CorpusTokens = 36_000_000, Layers = 6, EvaluationInterval = 500 };

    /// <summary>A size that draws noise after seconds.</summary>
    public static BaseTrainingOptions DrawSmoke { get; } = Smoke with { Length = 268, CorpusTokens = 200_000 };

    /// <summary>For films: a row holds one with its caption.</summary>
    public static BaseTrainingOptions Film { get; } = new()
    {
        Steps = 4_000,
        BatchSize = 4,
        Length = 784,
        CorpusTokens = 12_600_000,
        LearningRate = 3e-3f,
        EvaluationInterval = 250,
    };

    /// <summary>A size that films noise after seconds.</summary>
    public static BaseTrainingOptions FilmSmoke { get; } = Smoke with { Steps = 20, BatchSize = 1, Length = 784, CorpusTokens = 200_000 };

    /// <summary>The model's shape for a vocabulary.</summary>
    public LlamaConfig Model(int vocabularySize) => new(
        vocabularySize, HiddenSize, Layers, Heads, Math.Max(1, Heads / 2), HeadSize, IntermediateSize, Length);
}

/// <summary>What pre-training reads, as token ids without separators.</summary>
/// <param name="TrainingDocuments">Enough for <see cref="BaseTrainingOptions.CorpusTokens"/>; always in the same order.</param>
/// <param name="HeldOutDocuments">Never part of the training documents.</param>
/// <param name="VocabularySize">Number of token ids.</param>
/// <param name="Separator">The id put in front of each document; beginning and end of a sequence when serving.</param>
public sealed record TokenizedCorpus(
    IEnumerable<int[]> TrainingDocuments, IReadOnlyList<int[]> HeldOutDocuments, int VocabularySize, int Separator);

/// <summary>How far a run is.</summary>
/// <param name="Step">Steps taken.</param>
/// <param name="Steps">Steps in all.</param>
/// <param name="Loss">Mean cross-entropy of the last step's batch, in nats per token.</param>
/// <param name="HeldOutLoss">The same on held-out documents, when it was last measured.</param>
/// <param name="LearningRate">Of the last step.</param>
/// <param name="TokensPerSecond">Over this process's steps.</param>
/// <param name="TimeLeft">At that speed.</param>
public sealed record TrainingProgress(
    int Step, int Steps, float Loss, float? HeldOutLoss, float LearningRate, double TokensPerSecond, TimeSpan TimeLeft)
{
    /// <summary>Further figures of the step's batch, by name.</summary>
    public IReadOnlyDictionary<string, double> Figures { get; init; } = new Dictionary<string, double>();
}

/// <summary>A point of the loss curve.</summary>
/// <param name="Step">Steps taken.</param>
/// <param name="Loss">Mean over the steps since the point before, in nats per token.</param>
/// <param name="HeldOutLoss">Held-out loss at this step, in nats per token.</param>
public sealed record LossPoint(int Step, double Loss, double HeldOutLoss);

/// <summary>The outcome of a run.</summary>
/// <param name="Config">The model's shape.</param>
/// <param name="Weights">Every weight by name.</param>
/// <param name="Curve">The loss curve.</param>
/// <param name="Elapsed">Training time, over all processes that took part.</param>
/// <param name="TokensPerSecond">Training speed over all of it.</param>
/// <param name="CorpusTokens">Tokens in the corpus.</param>
public sealed record BaseTrainingResult(
    LlamaConfig Config, IReadOnlyDictionary<string, float[]> Weights, IReadOnlyList<LossPoint> Curve,
    TimeSpan Elapsed, double TokensPerSecond, int CorpusTokens);
