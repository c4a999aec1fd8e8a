using GenAiLab.Experiments.Statistics;

namespace GenAiLab.Experiments.Opposites;

/// <summary>Learns to tell real from generated, and says of other examples whether they are generated.</summary>
/// <typeparam name="T">An example.</typeparam>
/// <param name="examples">To learn from, half of them generated.</param>
/// <param name="asked">To be judged.</param>
internal delegate bool[] Separator<T>(IReadOnlyList<(T Example, bool Generated)> examples, IReadOnlyList<T> asked);

/// <summary>
/// The classifier two-sample test (Lopez-Paz and Oquab 2017, "Revisiting classifier two-sample tests", arXiv:1610.06545): where
/// generated examples are distributed as real ones are, nothing that learned on one half tells them apart on the other.
/// </summary>
internal static class TwoSampleTest
{
    /// <summary>
    /// Balanced accuracy: 0.5 is a coin. Each half is judged by what learned on the other, so that every example counts.
    /// </summary>
    /// <param name="real">At least 2.</param>
    /// <param name="generated">At least 2.</param>
    /// <param name="separator">Who is to tell them apart.</param>
    public static Interval BalancedAccuracy<T>(IReadOnlyList<T> real, IReadOnlyList<T> generated, Separator<T> separator)
    {
        var all = real.Select(static example => (Example: example, Generated: false))
            .Concat(generated.Select(static example => (Example: example, Generated: true))).ToList();
        var halves = new[] { 0, 1 }.Select(half => all.Where((_, at) => at % 2 == half).ToList()).ToArray();
        var right = new Dictionary<bool, (int Right, int Of)> { [false] = default, [true] = default };
        for (var half = 0; half < 2; half++)
        {
            var asked = halves[1 - half];
            foreach (var (answer, (_, truth)) in separator(halves[half], [.. asked.Select(static one => one.Example)]).Zip(asked))
            {
                right[truth] = (right[truth].Right + (answer == truth ? 1 : 0), right[truth].Of + 1);
            }
        }

        // The mean of two independent shares; intervals of a sum by Newcombe's way of a difference.
        var (a, b) = (Proportions.Wilson(right[false].Right, right[false].Of), Proportions.Wilson(right[true].Right, right[true].Of));
        var mean = (a.Value + b.Value) / 2;
        return new Interval(
            mean, mean - (double.Hypot(a.Value - a.Low, b.Value - b.Low) / 2), mean + (double.Hypot(a.High - a.Value, b.High - b.Value) / 2), a.N + b.N);
    }

    /// <summary>The strongest of several separators, with its name.</summary>
    public static (string Name, Interval Accuracy) Strongest<T>(
        IReadOnlyList<T> real, IReadOnlyList<T> generated, IReadOnlyList<(string Name, Separator<T> Separator)> separators) =>
        separators.Select(separator => (separator.Name, Accuracy: BalancedAccuracy(real, generated, separator.Separator)))
            .MaxBy(static result => result.Accuracy.Value);
}
