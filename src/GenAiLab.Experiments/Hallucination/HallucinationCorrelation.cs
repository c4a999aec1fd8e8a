using GenAiLab.Experiments.Statistics;

namespace GenAiLab.Experiments.Hallucination;

/// <summary>What a model said to one question.</summary>
/// <param name="SeenOnce">Whether training read the fact once only.</param>
/// <param name="InForm">Whether the answer is a city.</param>
/// <param name="Right">Whether it is the right one.</param>
internal readonly record struct Answer(bool SeenOnce, bool InForm, bool Right)
{
    /// <summary>In the right form, plausible, and false.</summary>
    public bool Hallucinated => InForm && !Right;
}

/// <summary>Whether models hallucinate in the order of what their corpora hold once only.</summary>
internal static class HallucinationCorrelation
{
    private const int Resamples = 2_000;

    /// <summary>Spearman's ρ between share and rate, with an interval over corpora: another set of models could differ.</summary>
    /// <param name="corpora">Share seen once, and the answers; at least 4.</param>
    public static Interval OverCorpora(IReadOnlyList<(double Share, IReadOnlyList<Answer> Answers)> corpora) =>
        RankCorrelation.Spearman([.. corpora.Select(static corpus => (corpus.Share, Rate(corpus.Answers)))]);

    /// <summary>
    /// The same with an interval over facts: others could have been asked. Facts are resampled within each corpus, those seen
    /// once and those seen often apart (a stratified bootstrap), because how many there are of each was set and not drawn.
    /// </summary>
    /// <param name="corpora">Share seen once, and the answers.</param>
    /// <param name="seed">Of the resampling.</param>
    public static Interval OverFacts(IReadOnlyList<(double Share, IReadOnlyList<Answer> Answers)> corpora, int seed)
    {
        var random = new Random(seed);
        var strata = corpora.Select(static corpus => (
            corpus.Share, corpus.Answers.Count,
            Strata: corpus.Answers.GroupBy(static answer => answer.SeenOnce).Select(static group => group.ToArray()).ToArray())).ToArray();
        var drawn = new double[Resamples];
        for (var round = 0; round < Resamples; round++)
        {
            drawn[round] = Coefficient(strata.Select(corpus => (
                corpus.Share, corpus.Strata.Sum(stratum => HallucinatedAmongDrawn(stratum, random)) / (double)corpus.Count)));
        }

        Array.Sort(drawn);
        return new Interval(
            Coefficient(corpora.Select(static corpus => (corpus.Share, Rate(corpus.Answers)))),
            Bootstrap.Quantile(drawn, (1 - Interval.Confidence) / 2), Bootstrap.Quantile(drawn, (1 + Interval.Confidence) / 2),
            corpora.Sum(static corpus => (long)corpus.Answers.Count));
    }

    private static int HallucinatedAmongDrawn(Answer[] stratum, Random random)
    {
        var count = 0;
        for (var at = 0; at < stratum.Length; at++)
        {
            count += stratum[random.Next(stratum.Length)].Hallucinated ? 1 : 0;
        }

        return count;
    }

    private static double Rate(IReadOnlyList<Answer> answers) => answers.Count(static answer => answer.Hallucinated) / (double)answers.Count;

    // Rates that never change have no rank correlation; as far as the claim goes that is none.
    private static double Coefficient(IEnumerable<(double Share, double Rate)> pairs)
    {
        var rho = RankCorrelation.Coefficient([.. pairs]);
        return double.IsNaN(rho) ? 0 : rho;
    }
}
