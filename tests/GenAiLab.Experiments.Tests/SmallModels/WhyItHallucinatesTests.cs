using GenAiLab.Experiments.Hallucination;

namespace GenAiLab.Experiments.Tests.SmallModels;

/// <summary>Hallucination follows the share of facts seen once, and does not where nothing is seen once.</summary>
[Trait("Soak", "Training")]
public sealed class WhyItHallucinatesTests(HealthyLab healthy)
{
    [Fact]
    public async Task It_passes_on_a_lab_in_order()
    {
        SkipUnlessLong();
        var report = await Verdicts.PassesAsync(new WhyItHallucinates(), healthy.Lab);

        Assert.InRange(report.Measurements.Single(static item => item.What.Contains("facts seen once", StringComparison.Ordinal)).Value, 0.7, 1);
        Assert.InRange(report.Measurements.Single(static item => item.What.Contains("facts seen often", StringComparison.Ordinal)).Value, 0, 0.05);
    }

    [Fact]
    public async Task It_fails_when_every_fact_is_seen_equally_often()
    {
        SkipUnlessLong();
        var leveled = new WhyItHallucinates
        {
            Plan = static model =>
            {
                var text = model.Corpus.TrainingDocuments.ToList();
                var facts = text.DistinctBy(static sentence => string.Join(' ', sentence)).ToList();
                return model with { Corpus = model.Corpus with { TrainingDocuments = text.Select((_, at) => facts[at % facts.Count]) } };
            },
        };
        await Verdicts.FailsAsync(leveled, healthy.Lab, "Spearman");
    }

    private static void SkipUnlessLong() =>
        Assert.SkipUnless(Environment.GetEnvironmentVariable("GENAILAB_SOAK") == "1", "takes minutes: runs with GENAILAB_SOAK=1");
}
