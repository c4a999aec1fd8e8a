namespace GenAiLab.Experiments.Experiments;

/// <summary>
/// What a sampling program makes of a distribution, written from the contract alone, in double precision and on
/// purpose without the services' own sampler: the draws are tested against it.
/// </summary>
internal static class SamplingReference
{
    /// <summary>Probabilities after temperature, top-k and top-p, in that order.</summary>
    /// <param name="logProbabilities">Natural logarithms, one per id.</param>
    /// <param name="temperature">Above 0.</param>
    /// <param name="topK">0: all.</param>
    /// <param name="topP">In (0, 1].</param>
    public static double[] Distribution(IReadOnlyList<double> logProbabilities, double temperature, int topK, double topP)
    {
        var highest = logProbabilities.Max();
        double[] weights = [.. logProbabilities.Select(value => Math.Exp((value - highest) / temperature))];
        int[] order = [.. Enumerable.Range(0, weights.Length).OrderByDescending(id => weights[id]).ThenBy(static id => id)];
        var kept = topK == 0 ? order : order[..Math.Min(topK, order.Length)];
        var mass = kept.Sum(id => weights[id]);
        var probabilities = new double[weights.Length];
        var (reached, nucleus) = (0.0, 0.0);
        foreach (var id in kept)
        {
            if (topP < 1 && reached >= topP)
            {
                break;
            }

            probabilities[id] = weights[id] / mass;
            reached += probabilities[id];
            nucleus += probabilities[id];
        }

        for (var id = 0; id < probabilities.Length; id++)
        {
            probabilities[id] /= nucleus;
        }

        return probabilities;
    }
}
