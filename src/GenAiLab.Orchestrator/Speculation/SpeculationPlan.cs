using GenAiLab.V1;

namespace GenAiLab.Orchestrator.Speculation;

/// <summary>A checked <see cref="V1.Speculation"/>, with its defaults in place.</summary>
/// <param name="Tokens">The most tokens guessed at a time.</param>
internal abstract record SpeculationPlan(int Tokens)
{
    /// <summary>How telemetry calls it; one of few.</summary>
    public abstract string Method { get; }
}

/// <summary>What followed the last tokens when they occurred before.</summary>
internal sealed record NgramSpeculation(int Longest, int Shortest, int Tokens) : SpeculationPlan(Tokens)
{
    public override string Method => "ngram";
}

/// <summary>A smaller model with the same vocabulary.</summary>
internal sealed record DraftSpeculation(DecoderDescription Draft, int Tokens) : SpeculationPlan(Tokens)
{
    public override string Method => "draft";
}
