using GenAiLab.V1;
using Google.Protobuf;

namespace GenAiLab.Orchestrator.Loop;

/// <summary>What the loop reports.</summary>
internal abstract record LoopEvent;

/// <summary>A token was generated. <paramref name="Text"/> is what can now be shown; <paramref name="Total"/> the time since the event before, in nanoseconds.</summary>
internal sealed record TokenGenerated(int Index, ChosenToken Token, string Text, ModelTiming Timing, long Total) : LoopEvent
{
    /// <inheritdoc cref="LoopStep.Drafted"/>
    public int Drafted { get; init; }

    /// <inheritdoc cref="LoopStep.Accepted"/>
    public int Accepted { get; init; }
}

/// <summary>Another decoder has taken over. <paramref name="Generated"/> tokens there were; <paramref name="Pause"/> since the last of them, in nanoseconds.</summary>
internal sealed record LoopResumed(int Generated, long Pause, int Resumes) : LoopEvent;

/// <summary>What can be seen or heard of a medium by now. <paramref name="Codes"/> of it there are.</summary>
internal sealed record MediaFormed(ByteString Content, string ContentType, int Codes, bool Complete) : LoopEvent;

/// <summary>The last event. <paramref name="Text"/> is what was held back and is now certain.</summary>
internal sealed record LoopFinished(FinishReason Reason, string? StopSequence, string Text, int GeneratedTokens) : LoopEvent
{
    /// <summary>Over the tokens, in nats, under the model's own distribution.</summary>
    public double SumRawLogProbability { get; init; }

    /// <summary>Tokens of the prompt that the prefix cache supplied.</summary>
    public int CachedPromptTokens { get; init; }

    /// <summary>Tokens that were guessed.</summary>
    public int DraftedTokens { get; init; }

    /// <summary>How many of them were right.</summary>
    public int AcceptedTokens { get; init; }

    /// <summary>How often the generation went on at another decoder.</summary>
    public int Resumes { get; init; }

    /// <summary>With a constraint: whether the text satisfies it; false where a stop sequence cut it.</summary>
    public bool? ConstraintSatisfied { get; init; }

    /// <summary>Which label a guard refused it for; null where none did.</summary>
    public string? GuardLabel { get; init; }

    /// <summary>Whether it was the prompt that the guard refused.</summary>
    public bool GuardRefusedPrompt { get; init; }

    /// <summary>What the candidate was ranked by; null where nothing was ranked.</summary>
    public float? Score { get; init; }
}

/// <summary>An event of one of several candidates.</summary>
internal readonly record struct CandidateEvent(int Candidate, LoopEvent Event);
