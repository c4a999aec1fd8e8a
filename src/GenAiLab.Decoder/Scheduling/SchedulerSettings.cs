namespace GenAiLab.Decoder.Scheduling;

/// <summary>What the scheduler has to work with.</summary>
/// <param name="Slots">KV-cache slots.</param>
/// <param name="Grid">The most prompt tokens of one run; chunks end at multiples of it.</param>
/// <param name="Capacity">Tokens that a slot holds.</param>
/// <param name="MaximumWaiting">Streams that may wait for a slot.</param>
/// <param name="MaximumWaitingTokens">Prompt tokens that may wait for a slot, all streams together.</param>
/// <param name="ExactReuse">Takes from other streams only what has the very bits of an own computation.</param>
internal sealed record SchedulerSettings(
    int Slots, int Grid, int Capacity, int MaximumWaiting, long MaximumWaitingTokens, bool ExactReuse)
{
    /// <summary>Steps of waiting that raise a stream's priority by one.</summary>
    public int AgingSteps { get; init; } = 64;

    /// <summary>After so many steps without anything to run, a stream may be moved out of the way of the others.</summary>
    public int ParkAfterSteps { get; init; } = 16;

    /// <summary>The most chunks of prompts between two decode steps.</summary>
    public int MaximumChunksPerStep { get; init; } = 4;

    /// <summary>How often a longer prompt may be passed over by shorter ones.</summary>
    public int MaximumPassedOver { get; init; } = 4;
}
