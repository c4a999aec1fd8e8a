namespace GenAiLab.Decoder.Scheduling;

/// <summary>A slot's tokens are copied to another slot, or exchanged with the other's.</summary>
/// <param name="From">The slot read.</param>
/// <param name="To">The slot written.</param>
/// <param name="Tokens">How many tokens from the start.</param>
/// <param name="Swaps">Both are written.</param>
internal readonly record struct SlotCopy(int From, int To, int Tokens, bool Swaps);

/// <summary>A stream that has left the line, and what to copy into its slot first.</summary>
/// <param name="Stream">The stream; its slot is set.</param>
/// <param name="Copy">Its prefix, when that lies in another slot.</param>
internal readonly record struct Admitted(ScheduledStream Stream, SlotCopy? Copy);

/// <summary>What the engine does until it plans again, in this order.</summary>
/// <param name="Move">Fills a hole among the slots that decode.</param>
/// <param name="Decode">Streams that run one token each, in the order of their slots.</param>
/// <param name="Prefill">Streams that run several tokens, and how many.</param>
internal sealed record StepPlan(SlotCopy? Move, IReadOnlyList<ScheduledStream> Decode, IReadOnlyList<(ScheduledStream Stream, int Tokens)> Prefill)
{
    /// <summary>Nothing to run: everybody waits for a client.</summary>
    public bool IsEmpty => Decode.Count == 0 && Prefill.Count == 0;
}
