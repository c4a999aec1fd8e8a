namespace GenAiLab.Sampling.Steps;

/// <summary>
/// "Exclude top choices" (p-e-w 2024, text-generation-webui pull request 6335): of the tokens from a probability on,
/// only the least probable one stays.
/// </summary>
internal static class Xtc
{
    public static void Apply(WorkingSet set, double threshold)
    {
        var maximum = set.Maximum();
        var logits = set.Logits;
        var least = threshold * Distribution.SumOfWeights(logits, maximum, set.Temperature);
        // Probabilities from the threshold on are few, so most logits need no exponential.
        var bar = maximum + (set.Temperature * Math.Log(least)) - 1;
        var (stays, choices) = (-1, 0);
        for (var i = 0; i < logits.Length; i++)
        {
            if (logits[i] < bar || !IsTopChoice(logits[i]))
                continue;
            choices++;
            // Among equals the last one is the least: ranks prefer the lower id.
            stays = stays < 0 || logits[i] <= logits[stays] ? i : stays;
        }

        if (choices < 2)
            return;
        for (var i = 0; i < logits.Length; i++)
        {
            if (i != stays && logits[i] >= bar && IsTopChoice(logits[i]))
                logits[i] = float.NegativeInfinity;
        }

        set.Changed();

        bool IsTopChoice(float logit) => Math.Exp(((double)logit - maximum) / set.Temperature) >= least;
    }
}
