namespace GenAiLab.Cli.Soak;

/// <summary>One kind of request in the mix.</summary>
/// <param name="Name">In reports.</param>
/// <param name="Weight">How often it comes, beside the others.</param>
/// <param name="RunAsync">
/// Runs a variant of it, 0 to <see cref="SoakMix.Variants"/> − 1, and returns what its answer must be each time; empty: that depends on
/// what others do.
/// </param>
internal sealed record SoakKind(string Name, int Weight, Func<SoakLab, int, CancellationToken, Task<string>> RunAsync)
{
    /// <summary>The model folders that it needs.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>Two at a time would be in each other's way: only the first client does it.</summary>
    public bool IsExclusive { get; init; }
}
