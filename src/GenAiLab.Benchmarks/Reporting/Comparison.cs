using System.Globalization;

namespace GenAiLab.Benchmarks.Reporting;

/// <summary>One figure of both sides, in tokens per second, a value for each round.</summary>
/// <param name="Model">The shape.</param>
/// <param name="Format">The lab's weights.</param>
/// <param name="Figure">What was measured.</param>
/// <param name="Own">The lab's.</param>
/// <param name="Peer">What it is compared with and how that ran; null: nothing.</param>
/// <param name="Other">The peer's.</param>
/// <param name="BytesPerSecond">What the machine read from memory in the same rounds, the median.</param>
/// <param name="BandwidthShare">Weights read per second as a share of that; decode of one stream only.</param>
public sealed record Comparison(
    string Model, string Format, string Figure, IReadOnlyList<double> Own, string? Peer, IReadOnlyList<double> Other, double BytesPerSecond, double? BandwidthShare)
{
    /// <summary>The lab's median.</summary>
    public double OwnMedian => Statistics.Median(Own);

    /// <summary>The peer's median, or null.</summary>
    public double? OtherMedian => Other.Count == 0 ? null : Statistics.Median(Other);

    /// <summary>Above 1: the lab is faster.</summary>
    public double? Ratio => OwnMedian / OtherMedian;

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Model} {Format,-12} {Figure,-28} {OwnMedian,8:0.0} tokens/s   {(Peer is null ? "" : $"{OtherMedian,8:0.0}  ratio {Ratio:0.00}   {Peer}")}{(BandwidthShare is { } share ? $"   {share:P0} of {BytesPerSecond / 1e9:0.0} GB/s" : "")}");
}
