namespace GenAiLab.Tokenizer.Windows;

/// <summary>What a number of tokens is in words.</summary>
internal static class WordEstimate
{
    private const double WordsPerTokenByRule = 0.75;

    /// <summary>By the rule of thumb for English: 750 words in 1,000 tokens.</summary>
    public static long ByRule(long tokens) => (long)Math.Round(tokens * WordsPerTokenByRule);

    /// <summary>By what a text has shown; by the rule where it has no words.</summary>
    public static long ByMeasure(long tokens, int measuredWords, int measuredTokens) =>
        measuredWords == 0 || measuredTokens == 0 ? ByRule(tokens) : (long)Math.Round((double)tokens * measuredWords / measuredTokens);
}
