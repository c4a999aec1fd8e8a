using GenAiLab.Sampling;
using GenAiLab.V1;

namespace GenAiLab.Decoder.Engine;

/// <summary>The sampler's results in the contract's words.</summary>
internal static class SampledTokens
{
    public static SampledToken From(SampleResult choice)
    {
        var token = new SampledToken
        {
            TokenId = choice.TokenId,
            RawLogProbability = choice.RawLogProbability,
            ProcessedLogProbability = choice.ProcessedLogProbability,
            Rank = choice.Rank,
        };
        if (choice.MirostatMu is { } mu)
        {
            token.MirostatMu = mu;
        }

        foreach (var alternative in choice.Alternatives)
        {
            var candidate = new TokenCandidate
            {
                TokenId = alternative.TokenId,
                RawLogProbability = alternative.RawLogProbability,
                Rank = alternative.Rank,
            };
            if (alternative.ProcessedLogProbability is { } processed)
            {
                candidate.ProcessedLogProbability = processed;
            }

            token.Alternatives.Add(candidate);
        }

        return token;
    }
}
