namespace GenAiLab.Experiments.Objective;

/// <summary>One way out of a state.</summary>
/// <param name="Symbol">What is emitted; different for each way out of one state.</param>
/// <param name="Probability">In (0, 1].</param>
/// <param name="Next">The state that follows.</param>
internal sealed record Emission(int Symbol, double Probability, int Next);

/// <summary>
/// A regular grammar with probabilities. A state and a symbol determine the next state, so a text determines its
/// path: the probability of any text, and the entropy of all texts of a length, are exact (Shannon 1948, §7: the
/// entropy of a source is the mean entropy of its states). It starts in state 0.
/// </summary>
/// <param name="states">The ways out of each state; their probabilities sum to 1.</param>
internal sealed class StochasticAutomaton(IReadOnlyList<IReadOnlyList<Emission>> states)
{
    /// <summary>Mean entropy in nats per symbol of texts of <paramref name="length"/> symbols, by following the distribution over states.</summary>
    public double Entropy(int length)
    {
        var distribution = new double[states.Count];
        distribution[0] = 1;
        double sum = 0;
        for (var at = 0; at < length; at++)
        {
            var next = new double[states.Count];
            for (var state = 0; state < states.Count; state++)
            {
                foreach (var emission in states[state])
                {
                    var probability = distribution[state] * emission.Probability;
                    next[emission.Next] += probability;
                    sum -= probability * Math.Log(emission.Probability);
                }
            }

            distribution = next;
        }

        return sum / length;
    }

    /// <summary>−log of the probability of a text, in nats; infinite where it is impossible.</summary>
    public double Nats(IEnumerable<int> text)
    {
        var (state, nats) = (0, 0.0);
        foreach (var symbol in text)
        {
            if (states[state].FirstOrDefault(emission => emission.Symbol == symbol) is not { } taken)
            {
                return double.PositiveInfinity;
            }

            nats -= Math.Log(taken.Probability);
            state = taken.Next;
        }

        return nats;
    }

    /// <summary>Draws a text.</summary>
    public int[] Draw(int length, Random random)
    {
        var (state, text) = (0, new int[length]);
        for (var at = 0; at < length; at++)
        {
            var left = random.NextDouble();
            var taken = states[state][^1];
            foreach (var emission in states[state])
            {
                left -= emission.Probability;
                if (left < 0)
                {
                    taken = emission;
                    break;
                }
            }

            (text[at], state) = (taken.Symbol, taken.Next);
        }

        return text;
    }
}
