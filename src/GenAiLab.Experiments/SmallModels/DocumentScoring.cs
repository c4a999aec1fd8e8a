using GenAiLab.Experiments.Calls;

namespace GenAiLab.Experiments.SmallModels;

/// <summary>How probable a served model finds whole documents.</summary>
internal static class DocumentScoring
{
    /// <summary>
    /// −log p of each document, in nats: the sum over its tokens, the separator in front given. Documents that do not fit
    /// into the context window must have been cut before.
    /// </summary>
    /// <exception cref="ExperimentException">The service scored other tokens than it was asked for.</exception>
    public static Task<double[]> NatsAsync(
        IExperimentLab lab, string model, int separator, IReadOnlyList<int[]> documents, CancellationToken cancellation) =>
        Concurrently.SelectAsync(
            documents,
            async (document, cancelled) =>
            {
                var scored = await lab.ScoreAsync(model, [separator, .. document], alternatives: 0, cancelled);
                return scored.Select(static token => token.TokenId).SequenceEqual(document)
                    ? -scored.Sum(static token => (double)token.RawLogProbability)
                    : throw new ExperimentException("the decoder scored other tokens than those of the document");
            },
            cancellation);
}
