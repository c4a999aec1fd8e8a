namespace GenAiLab.Experiments;

/// <summary>A measured figure and what it must be.</summary>
/// <param name="What">What was measured, with its unit where it has one.</param>
/// <param name="Value">The figure.</param>
/// <param name="Low">Lower bound of its 95 % interval; the value itself where it is exact.</param>
/// <param name="High">Upper bound of its 95 % interval.</param>
/// <param name="N">How many observations it rests on.</param>
/// <param name="Criterion">What it must be.</param>
public sealed record Measurement(string What, double Value, double Low, double High, long N, Criterion Criterion)
{
    /// <summary>Whether the criterion is met, by the bound of the interval and not by the point.</summary>
    public bool Passed => Criterion.Holds(Low, High);

    /// <summary>A figure without an interval: counted or computed, not sampled.</summary>
    public static Measurement Exact(string what, double value, long n, Criterion criterion) => new(what, value, value, value, n, criterion);
}

/// <summary>What a figure must be: at least, at most, within, or nothing at all (reported only).</summary>
/// <param name="AtLeast">The lower bound of the interval may not be below this.</param>
/// <param name="AtMost">The upper bound of the interval may not be above this.</param>
public sealed record Criterion(double? AtLeast, double? AtMost)
{
    /// <summary>No criterion: the figure is for the reader.</summary>
    public static Criterion Reported { get; } = new(null, null);

    /// <summary>At least <paramref name="limit"/>.</summary>
    public static Criterion NotBelow(double limit) => new(limit, null);

    /// <summary>At most <paramref name="limit"/>.</summary>
    public static Criterion NotAbove(double limit) => new(null, limit);

    /// <summary>Between the two, both included.</summary>
    public static Criterion Within(double low, double high) => new(low, high);

    /// <summary>Whether an interval meets it; one that is not a number does not.</summary>
    public bool Holds(double low, double high) => (AtLeast is not { } least || low >= least) && (AtMost is not { } most || high <= most);
}
