using GenAiLab.V1;

namespace GenAiLab.Orchestrator.Loop;

/// <summary>What the loop reports.</summary>
internal abstract record LoopEvent;

/// <summary>A token was generated. <paramref name="Text"/> is what can now be shown; <paramref name="Total"/> the time since the event before, in nanoseconds.</summary>
internal sealed record TokenGenerated(int Index, ChosenToken Token, string Text, ModelTiming Timing, long Total) : LoopEvent;

/// <summary>The last event. <paramref name="Text"/> is what was held back and is now certain.</summary>
internal sealed record LoopFinished(FinishReason Reason, string? StopSequence, string Text, int GeneratedTokens) : LoopEvent;
