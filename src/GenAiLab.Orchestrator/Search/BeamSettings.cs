namespace GenAiLab.Orchestrator.Search;

/// <summary>A checked <see cref="V1.BeamSearch"/>, with its default in place.</summary>
/// <param name="Width">Unfinished continuations that are kept at every step, and finished ones.</param>
/// <param name="LengthPenalty">The exponent of a finished continuation's length in its rating.</param>
internal sealed record BeamSettings(int Width, float LengthPenalty)
{
    /// <summary>How a finished continuation is rated, and compares with others.</summary>
    /// <param name="sum">Of its log-probabilities, in nats.</param>
    /// <param name="length">In tokens; at least 1.</param>
    public double Rate(double sum, int length) => sum / Math.Pow(length, LengthPenalty);

    /// <summary>What an unfinished continuation can still be rated at best: every further token costs nothing or more.</summary>
    /// <param name="sum">Of its log-probabilities so far; at most 0.</param>
    /// <param name="length">In tokens so far.</param>
    /// <param name="maximumLength">More than <paramref name="length"/>.</param>
    public double Bound(double sum, int length, int maximumLength) => Math.Max(Rate(sum, length + 1), Rate(sum, maximumLength));
}
