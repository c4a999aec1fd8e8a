namespace GenAiLab.Sampling.Steps;

/// <summary>
/// Mirostat 2 (Basu et al. 2021, algorithm 2). Surprise is −log2 p under the distribution before this truncation,
/// as in the authors' own program.
/// </summary>
/// <param name="options">Its parameters.</param>
internal sealed class Mirostat(MirostatOptions options)
{
    private double _logSum;
    private float _maximum;
    private double _temperature;

    /// <summary>The largest surprise that is let through now, in bits. A float, as it travels when a generation is resumed.</summary>
    public float Mu { get; set; } = options.Mu ?? 2 * options.Tau;

    /// <summary>Removes the tokens of more surprise; the most probable one stays in any case.</summary>
    public void Apply(WorkingSet set)
    {
        (_maximum, _temperature) = (set.Maximum(), set.Temperature);
        _logSum = Math.Log(Distribution.SumOfWeights(set.Logits, _maximum, _temperature));
        set.KeepAtLeast(Math.Min(_maximum, _maximum + (_temperature * (_logSum - (Mu * Math.Log(2))))));
    }

    /// <summary>Where µ moves when a token is chosen.</summary>
    /// <param name="logit">Its logit in the set.</param>
    public float After(float logit)
    {
        var surprise = (_logSum - (((double)logit - _maximum) / _temperature)) / Math.Log(2);
        return (float)(Mu - (options.Eta * (surprise - options.Tau)));
    }
}
