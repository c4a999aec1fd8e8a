using GenAiLab.Experiments.Tests.Sabotage;
using Grpc.Core.Interceptors;

namespace GenAiLab.Experiments.Tests.Experiments;

/// <summary>Every experiment that needs no training passes on a lab in order and fails on one that was broken for it.</summary>
public sealed class ServiceExperimentTests(HealthyLab healthy)
{
    private static readonly Dictionary<string, Func<Interceptor>> Sabotages = new()
    {
        [nameof(OffByOneCache)] = static () => new OffByOneCache(),
        [nameof(ShiftedLogProbabilities)] = static () => new ShiftedLogProbabilities(),
        [nameof(NoCache)] = static () => new NoCache(),
        [nameof(TidySpaces)] = static () => new TidySpaces(),
        [nameof(KeptHistory)] = static () => new KeptHistory(),
        [nameof(HotterSampler)] = static () => new HotterSampler(),
        [nameof(ForgottenSeed)] = static () => new ForgottenSeed(),
        [nameof(ShuffledLabels)] = static () => new ShuffledLabels(),
        [nameof(ForgottenContext)] = static () => new ForgottenContext(),
        [nameof(RestlessLogits)] = static () => new RestlessLogits(),
    };

    [Theory]
    [InlineData("next-token")]
    [InlineData("loop")]
    [InlineData("stateless")]
    [InlineData("probabilistic")]
    [InlineData("calibration")]
    [InlineData("snapshot")]
    public Task Passes_on_a_lab_in_order(string name) => Verdicts.PassesAsync(ExperimentCatalog.Find(name), healthy.Lab);

    // The lesson's 750 words are too few for plain prose, and the experiment says so; all else must hold.
    [Fact]
    public async Task Tokens_come_back_whole_and_the_lessons_words_do_not()
    {
        var report = await Verdicts.RunAsync(ExperimentCatalog.Find("tokens"), healthy.Lab);
        Assert.Null(report.Error);
        var missed = Assert.Single(report.Measurements, static measurement => !measurement.Passed);
        Assert.StartsWith("words in 1,000 tokens of prose under cl100k_base", missed.What, StringComparison.Ordinal);
        Assert.InRange(missed.Value, 840, 890);
        Assert.Equal(3, report.Measurements.Count(static measurement => measurement.What.Contains("come back", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("next-token", nameof(OffByOneCache), "with and without cache")]
    [InlineData("next-token", nameof(ShiftedLogProbabilities), "Σ streamed")]
    [InlineData("loop", nameof(NoCache), "prefill spans")]
    [InlineData("loop", nameof(NoCache), "with cache: growth")]
    [InlineData("tokens", nameof(TidySpaces), "come back")]
    [InlineData("stateless", nameof(KeptHistory), "after other traffic")]
    [InlineData("probabilistic", nameof(HotterSampler), "χ²")]
    [InlineData("probabilistic", nameof(ForgottenSeed), "same seed")]
    [InlineData("calibration", nameof(ShuffledLabels), "expected calibration error of lab-base")]
    [InlineData("snapshot", nameof(ForgottenContext), "under the model")]
    [InlineData("snapshot", nameof(RestlessLogits), "gave back")]
    public Task Fails_on_a_broken_lab(string name, string sabotage, string what) =>
        Verdicts.FailsAsync(ExperimentCatalog.Find(name), Sabotages[sabotage], what);
}
