namespace GenAiLab.Balancing;

/// <summary>Whether a replica may be chosen. The better come first.</summary>
public enum Availability
{
    /// <summary>Answers and takes streams.</summary>
    Serving,

    /// <summary>Not known yet, late with an answer, or ejected: only where nobody serves.</summary>
    Doubtful,

    /// <summary>Has said that it takes no streams.</summary>
    Refusing,
}

/// <summary>What a router knows of one replica at the moment of a choice.</summary>
/// <param name="Key">Names the replica, the same in every router.</param>
/// <param name="Availability">Whether it may be chosen.</param>
/// <param name="Slots">Streams that it runs at a time; at least 1.</param>
/// <param name="Streams">Streams that it has, those that wait included.</param>
/// <param name="PendingPromptTokens">Tokens of prompts that it has still to run.</param>
/// <param name="CachedTokens">Tokens from the start of this prompt that it is believed to have in its cache.</param>
public readonly record struct ReplicaView(
    ulong Key, Availability Availability, int Slots, int Streams, long PendingPromptTokens, int CachedTokens)
{
    /// <summary>How busy it is; 1: as many streams as slots.</summary>
    public double Load(int promptTokensPerStream) => (Streams + ((double)PendingPromptTokens / promptTokensPerStream)) / Slots;
}
