namespace GenAiLab.Experiments.Statistics;

/// <summary>An estimate and the bounds of its interval of confidence.</summary>
/// <param name="Value">The point.</param>
/// <param name="Low">The lower bound.</param>
/// <param name="High">The upper bound.</param>
/// <param name="N">How many observations it rests on.</param>
public sealed record Interval(double Value, double Low, double High, long N)
{
    /// <summary>The share of an interval's mass: 95 %, two-sided, everywhere in the lab.</summary>
    public const double Confidence = 0.95;

    /// <summary>This estimate as a measurement.</summary>
    public Measurement Measures(string what, Criterion criterion) => new(what, Value, Low, High, N, criterion);
}
