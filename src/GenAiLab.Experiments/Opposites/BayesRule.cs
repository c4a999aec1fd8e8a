namespace GenAiLab.Experiments.Opposites;

/// <summary>
/// A generative model as a classifier: p(label | x) ∝ p(x | label) p(label) (Ng and Jordan 2001, "On discriminative vs. generative
/// classifiers", who compare the two over the number of training examples).
/// </summary>
internal static class BayesRule
{
    /// <summary>Probabilities of the labels, which are equally frequent.</summary>
    /// <param name="logLikelihoods">log p(x | label) of each label, in nats; at least one is finite.</param>
    public static double[] Posterior(IReadOnlyList<double> logLikelihoods)
    {
        // Differences of hundreds of nats are usual: the exponentials would underflow together.
        var most = logLikelihoods.Max();
        var shares = logLikelihoods.Select(value => Math.Exp(value - most)).ToArray();
        var sum = shares.Sum();
        return [.. shares.Select(share => share / sum)];
    }

    /// <summary>Index of the most probable label; of equals the first.</summary>
    public static int Decide(IReadOnlyList<double> logLikelihoods)
    {
        var best = 0;
        for (var label = 1; label < logLikelihoods.Count; label++)
        {
            best = logLikelihoods[label] > logLikelihoods[best] ? label : best;
        }

        return best;
    }
}
