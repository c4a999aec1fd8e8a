using GenAiLab.Models.Llama;
using GenAiLab.Training.Sft;

namespace GenAiLab.Training.Sounds.Speech;

/// <summary>What decides the result of training a model that listens or speaks.</summary>
public sealed record SpeechOptions
{
    /// <summary>Steps, rows and learning rate; the seed is that of everything.</summary>
    public SftOptions Steps { get; init; } = new();

    /// <summary>Utterances to learn from.</summary>
    public int Utterances { get; init; } = 12_000;

    /// <summary>Utterances from which the codebook is learned.</summary>
    public int CodebookUtterances { get; init; } = 300;

    /// <summary>Envelopes of the codebook.</summary>
    public int Envelopes { get; init; } = 512;

    /// <summary>Utterances by which the model is measured.</summary>
    public int Measured { get; init; } = 150;

    /// <summary>Width of the residual stream.</summary>
    public int HiddenSize { get; init; } = 96;

    /// <summary>Transformer blocks.</summary>
    public int Layers { get; init; } = 3;

    /// <summary>Query heads of 32; half as many for keys and values.</summary>
    public int Heads { get; init; } = 4;

    /// <summary>Width of the feed-forward layer.</summary>
    public int IntermediateSize { get; init; } = 256;

    /// <summary>lab-listen.</summary>
    public static SpeechOptions Listen { get; } = new()
    {
        Steps = new SftOptions { Steps = 6_000, ChatRows = 6, ReplayRows = 0, Length = 344, LearningRate = 2e-3f, WarmUpSteps = 150, EvaluationInterval = 250 },
    };

    /// <summary>lab-speak.</summary>
    public static SpeechOptions Speak { get; } = Listen with
    {
        Steps = Listen.Steps with { Steps = 8_000 },
        HiddenSize = 128,
        Layers = 4,
        IntermediateSize = 344,
    };

    /// <summary>A size that trains in seconds, and understands nothing.</summary>
    public static SpeechOptions Smoke { get; } = new()
    {
        Steps = new SftOptions { Steps = 20, ChatRows = 2, ReplayRows = 0, Length = 344, LearningRate = 3e-3f, WarmUpSteps = 4, EvaluationInterval = 10 },
        Utterances = 120,
        CodebookUtterances = 40,
        Envelopes = 64,
        Measured = 8,
        HiddenSize = 32,
        Layers = 2,
        Heads = 2,
        IntermediateSize = 64,
    };

    /// <summary>The model's shape for a vocabulary.</summary>
    public LlamaConfig Model(int vocabularySize) =>
        new(vocabularySize, HiddenSize, Layers, Heads, Math.Max(1, Heads / 2), HeadSize: 32, IntermediateSize, Steps.Length);
}
