namespace GenAiLab.Sampling.Steps;

/// <summary>
/// Repetition penalty (Keskar et al. 2019, CTRL, section 4.1), then presence and frequency penalty as OpenAI's
/// interface defines them.
/// </summary>
internal static class Penalties
{
    public static void Apply(WorkingSet set, TokenHistory history, SamplingOptions options)
    {
        var logits = set.Logits;
        foreach (var (token, counts) in history.Counts)
        {
            var at = set.IndexOf(token);
            if (at < 0)
                continue;
            var logit = logits[at];
            logit = logit > 0 ? logit / options.RepetitionPenalty : logit * options.RepetitionPenalty;
            if (counts.Generated > 0)
            {
                // The logits are not divided by the temperature yet, where its step came before.
                var penalty = options.PresencePenalty + ((double)options.FrequencyPenalty * counts.Generated);
                logit = (float)(logit - (penalty * set.Temperature));
            }

            logits[at] = logit;
        }

        set.Changed();
    }
}
