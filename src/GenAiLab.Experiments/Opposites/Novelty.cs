using GenAiLab.Experiments.Statistics;

namespace GenAiLab.Experiments.Opposites;

/// <summary>
/// How near what was generated is to the training examples, with held-out real examples as the yardstick: a generator that repeats
/// its training set is too near, one that misses the data is too far (after Meehan et al. 2020, "A non-parametric test to detect
/// data-copying", arXiv:2004.05675, whose test is on the same distances).
/// </summary>
/// <param name="Copies">How many generated examples equal a training example.</param>
/// <param name="CopiesOfHeldOut">The same of the yardstick.</param>
/// <param name="Ratio">Median distance to the nearest training example over the yardstick's, both resampled.</param>
internal sealed record Novelty((int Count, int Of) Copies, (int Count, int Of) CopiesOfHeldOut, Interval Ratio)
{
    private const int Resamples = 500;

    /// <summary>Compares in one space.</summary>
    /// <param name="generated">At least 2.</param>
    /// <param name="heldOut">Real examples that the generator has not learned from; at least 2.</param>
    /// <param name="training">Those that it has learned from, or the same part of them for both.</param>
    /// <param name="seed">Of the resampling.</param>
    public static Novelty Measure(IReadOnlyList<float[]> generated, IReadOnlyList<float[]> heldOut, IReadOnlyList<float[]> training, int seed)
    {
        var (ours, theirs) = (Distances(generated, training), Distances(heldOut, training));
        // Labelled by their origin, so that one resampling draws from both.
        var all = ours.Select(static distance => (Distance: distance, Ours: true)).Concat(theirs.Select(static distance => (Distance: distance, Ours: false))).ToList();
        return new Novelty(
            (ours.Count(static distance => distance == 0), ours.Length), (theirs.Count(static distance => distance == 0), theirs.Length),
            Bootstrap.Percentiles(all, static drawn => Median(drawn.Where(static one => one.Ours)) / Median(drawn.Where(static one => !one.Ours)), seed, Resamples));
    }

    /// <summary>As criteria: no more copies than the yardstick's 95 % bound allows, and a ratio within [0.8, 1.25].</summary>
    /// <param name="space">What the distances are between: pixels, features.</param>
    public IEnumerable<Measurement> Measurements(string space)
    {
        var allowed = Proportions.Wilson(CopiesOfHeldOut.Count, CopiesOfHeldOut.Of);
        yield return Measurement.Exact(
            $"novelty: share of exact copies of training examples in {space}", (double)Copies.Count / Copies.Of, Copies.Of, Criterion.NotAbove(allowed.High));
        yield return allowed.Measures($"the same of held-out real examples in {space}", Criterion.Reported);
        yield return Ratio.Measures($"novelty: median distance to the nearest training example in {space}, over that of held-out ones", Criterion.Within(0.8, 1.25));
    }

    private static double[] Distances(IReadOnlyList<float[]> vectors, IReadOnlyList<float[]> training) =>
        [.. Neighbours.Nearest(vectors, training).Select(static nearest => nearest.Distance)];

    private static double Median(IEnumerable<(double Distance, bool Ours)> values)
    {
        var sorted = values.Select(static value => value.Distance).ToArray();
        Array.Sort(sorted);
        return sorted.Length == 0 ? double.NaN : Bootstrap.Quantile(sorted, 0.5);
    }
}
