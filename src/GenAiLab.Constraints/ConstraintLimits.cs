namespace GenAiLab.Constraints;

/// <summary>What a constraint may cost.</summary>
public sealed record ConstraintLimits
{
    /// <summary>Bytes of UTF-8 of the schema, the expression or all choices together.</summary>
    public int SourceBytes { get; init; } = 64 * 1024;

    /// <summary>Time of compilation.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>States, of the finished automaton and of each one that it is made of.</summary>
    public int States { get; init; } = 100_000;

    /// <summary>Bytes of memory that compilation may hold, roughly.</summary>
    public long CompilationBytes { get; init; } = 256L << 20;

    /// <summary>Bytes of memory for masks and transitions that generation computes and keeps; what exceeds them is forgotten and computed again.</summary>
    public long CacheBytes { get; init; } = 16L << 20;

    /// <summary>Objects and arrays within each other in a generated text.</summary>
    public int Nesting { get; init; } = 64;

    /// <summary>Bytes of the shortest text that satisfies the constraint.</summary>
    public int ShortestTextBytes { get; init; } = 256 * 1024;
}
