namespace GenAiLab.Sampling;

/// <summary>The token that was chosen, and what else could have been.</summary>
/// <param name="TokenId">The token.</param>
/// <param name="RawLogProbability">In nats, under the model's own distribution, before any sampling step.</param>
/// <param name="ProcessedLogProbability">In nats, under the distribution it was drawn from; 0 when greedy.</param>
/// <param name="Rank">Its rank in the model's own distribution; 1 is the most probable.</param>
/// <param name="Alternatives">The most probable tokens of the model's own distribution, best first.</param>
/// <param name="MirostatMu">Mirostat's state after this token; null without mirostat.</param>
public readonly record struct SampleResult(
    int TokenId, float RawLogProbability, float ProcessedLogProbability, int Rank, IReadOnlyList<Alternative> Alternatives, float? MirostatMu = null);

/// <summary>One candidate for the next token.</summary>
/// <param name="TokenId">The token.</param>
/// <param name="RawLogProbability">In nats, under the model's own distribution.</param>
/// <param name="Rank">1 for the most probable token.</param>
/// <param name="ProcessedLogProbability">In nats, under the distribution that was drawn from; null for a token that it excludes.</param>
public readonly record struct Alternative(int TokenId, float RawLogProbability, int Rank, float? ProcessedLogProbability = null);
