using GenAiLab.Training.Rlhf;
using GenAiLab.Training.Sft;

namespace GenAiLab.Training.Sounds.Speech;

/// <summary>What decides the result of training a model that speaks, in two stages.</summary>
public sealed record SpeakerOptions
{
    private const int CriticSeed = 1_000;

    /// <summary>The first stage: codes after words.</summary>
    public required SpeechOptions Speaking { get; init; }

    /// <summary>The critic of the second, which learns to hear the words in the speech that the first learned from.</summary>
    public required SpeechOptions Critic { get; init; }

    /// <summary>The second stage: policy optimisation against the critic.</summary>
    public required RlhfOptions Practice { get; init; }

    /// <summary>Phrases to practise on.</summary>
    public int Tasks { get; init; } = 6_000;

    /// <summary>lab-speak.</summary>
    public static SpeakerOptions Speak { get; } = new()
    {
        Speaking = SpeechOptions.Speak,
        Critic = SpeechOptions.Listen with { Steps = SpeechOptions.Listen.Steps with { Steps = 4_000 } },
        Practice = new() { Steps = 160, Prompts = 8, Group = 12, LearningRate = 1.5e-4f, KlWeight = 0.02f, UnendedPenalty = 0.5f, EvaluationInterval = 10 },
    };

    /// <summary>A size that trains in seconds, and says nothing.</summary>
    public static SpeakerOptions Smoke { get; } = new()
    {
        Speaking = SpeechOptions.Smoke,
        Critic = SpeechOptions.Smoke,
        Practice = new() { Steps = 2, Prompts = 2, Group = 2, LearningRate = 1.5e-4f, KlWeight = 0.02f, EvaluationInterval = 1 },
        Tasks = 20,
    };

    /// <summary>The same with another seed and number of threads throughout; the critic begins elsewhere than any judge.</summary>
    public SpeakerOptions With(int seed, int threads, int? steps) => this with
    {
        Speaking = Speaking with { Steps = Speaking.Steps with { Seed = seed, Threads = threads, Steps = steps ?? Speaking.Steps.Steps } },
        Critic = Critic with { Steps = Critic.Steps with { Seed = seed + CriticSeed, Threads = threads } },
        Practice = Practice with { Seed = seed, Threads = threads },
    };
}
