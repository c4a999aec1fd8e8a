namespace GenAiLab.Orchestrator.Speculation;

/// <summary>Guesses which tokens come next. What it guesses decides how fast a text comes, never what it says. Owned by one stream.</summary>
internal interface IGuesser : IDisposable
{
    /// <param name="tokens">Prompt and text so far. Only ever longer from call to call.</param>
    /// <param name="count">How many to guess at most; at least 1.</param>
    /// <param name="cancellation">The stream's end.</param>
    /// <returns>The tokens after <paramref name="tokens"/>, in order; none where it has no idea.</returns>
    ValueTask<IReadOnlyList<int>> GuessAsync(IReadOnlyList<int> tokens, int count, CancellationToken cancellation);
}
