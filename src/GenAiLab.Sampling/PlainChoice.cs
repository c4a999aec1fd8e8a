namespace GenAiLab.Sampling;

/// <summary>What the quick path chose, and what says how probable the others were.</summary>
/// <param name="Index">The token, or its place in a head; −1: none.</param>
/// <param name="Processed">Its log-probability, in nats.</param>
/// <param name="Kept">How many tokens of the ranking were kept, apart from min-p.</param>
/// <param name="Mass">Sum of the weights of those kept, that of the most probable token being 1.</param>
internal readonly record struct PlainChoice(int Index, float Processed, int Kept, double Mass)
{
    public static PlainChoice Greedy(int index) => new(index, 0, Kept: 1, Mass: 1);

    /// <summary>The log-probability, in nats, of another token under the distribution that was drawn from; null where it is excluded.</summary>
    /// <param name="logit">Its logit.</param>
    /// <param name="rank">Its rank; from 1.</param>
    /// <param name="maximum">The highest logit.</param>
    /// <param name="options">Those of the choice.</param>
    public float? ProcessedOf(float logit, int rank, float maximum, SamplingOptions options)
    {
        if (rank > Kept)
            return null;
        var weight = options.IsGreedy ? 1 : Math.Exp(((double)logit - maximum) / options.Temperature);
        return weight == 0 || weight < options.MinP ? null : (float)Math.Log(weight / Mass);
    }
}
