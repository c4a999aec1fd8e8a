using GenAiLab.Training.Base;
using GenAiLab.Training.Pictures.Seeing;
using GenAiLab.Training.Rlhf;

namespace GenAiLab.Training.Practice;

/// <summary>What decides the result of training a generator of pictures or films; two runs with equal options agree bit for bit.</summary>
public sealed record GeneratorOptions
{
    private const int CriticSeed = 1_000;

    /// <summary>Codes of the codebook at most.</summary>
    public required int Codes { get; init; }

    /// <summary>The first stage: next-token prediction.</summary>
    public required BaseTrainingOptions Pretraining { get; init; }

    /// <summary>The critic of the second.</summary>
    public required SeeingOptions Critic { get; init; }

    /// <summary>The second stage: rounds of policy optimisation against the critic, each on the leash of what the one before left.</summary>
    public required IReadOnlyList<RlhfOptions> Practice { get; init; }

    /// <summary>Captions to practise on.</summary>
    public int Tasks { get; init; } = 6_000;

    /// <summary>
    /// Settings of min-p that are tried. One improbable code among hundreds can spoil a medium: a patch of the first frame that says it is as it was before.
    /// </summary>
    public IReadOnlyList<float> LeastProbabilities { get; init; } = [0, 0.002f, 0.005f, 0.01f, 0.02f, 0.05f];

    /// <summary>Media by which each setting of sampling is tried.</summary>
    public int Tried { get; init; } = 384;

    /// <summary>lab-draw's.</summary>
    public static GeneratorOptions Draw { get; } = new()
    {
        Codes = 1_024,
        Pretraining = BaseTrainingOptions.Draw,
        Critic = new() { Steps = 5_000, Widths = [24, 48, 64, 96] },
        Practice = [Practising with { Steps = 180, Prompts = 8, Group = 12 }],
        Tried = 1_536,
    };

    /// <summary>lab-film's.</summary>
    public static GeneratorOptions Film { get; } = new()
    {
        Codes = 2_048,
        Pretraining = BaseTrainingOptions.Film,
        Critic = SeeingOptions.Watch,
        Practice = [Practising with { Steps = 36, Prompts = 8, Group = 8, LearningRate = 4e-5f }],
    };

    /// <summary>A size that draws noise after seconds.</summary>
    public static GeneratorOptions DrawSmoke { get; } = new()
    {
        Codes = 64,
        Pretraining = BaseTrainingOptions.DrawSmoke,
        Critic = SeeingOptions.Smoke,
        Practice = [Practising with { Steps = 2, Prompts = 2, Group = 2, EvaluationInterval = 1 }],
        Tasks = 20,
        // More would leave such a model one code to draw, whatever the seed.
        LeastProbabilities = [0, 0.002f],
        Tried = 4,
    };

    /// <summary>A size that films noise after seconds.</summary>
    public static GeneratorOptions FilmSmoke { get; } = DrawSmoke with { Pretraining = BaseTrainingOptions.FilmSmoke };

    // A medium has no end of its own to be missed.
    private static RlhfOptions Practising => new() { LearningRate = 1.5e-4f, KlWeight = 0.02f, UnendedPenalty = 0, EvaluationInterval = 10 };

    /// <summary>The same with another seed and number of threads throughout; the critic begins elsewhere than any judge.</summary>
    public GeneratorOptions With(int seed, int threads, int? steps) => this with
    {
        Pretraining = Pretraining with { Seed = seed, Threads = threads, Steps = steps ?? Pretraining.Steps },
        Critic = Critic with { Seed = seed + CriticSeed, Threads = threads },
        // Other captions and draws in each round.
        Practice = [.. Practice.Select((round, at) => round with { Seed = seed + at, Threads = threads })],
    };

    /// <summary>The same with the sizes that follow from vocabulary and captions.</summary>
    internal GeneratorOptions For(int vocabularySize, IReadOnlyList<MediaTask> tasks, int mediumLength) => this with
    {
        Pretraining = Pretraining with { VocabularySize = vocabularySize },
        Practice = [.. Practice.Select(round => round with { PromptLength = tasks.Max(static task => task.Prompt.Length), AnswerLength = mediumLength })],
    };
}
