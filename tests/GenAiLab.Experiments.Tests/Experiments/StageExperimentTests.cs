using GenAiLab.Experiments.Experiments;
using GenAiLab.Experiments.Goodhart;
using GenAiLab.Experiments.Tests.Sabotage;
using Grpc.Core.Interceptors;

namespace GenAiLab.Experiments.Tests.Experiments;

/// <summary>The experiments on the three stages: each passes on the committed models and fails on a system that was broken on purpose.</summary>
public sealed class StageExperimentTests(HealthyLab healthy)
{
    [Theory]
    [InlineData("window")]
    [InlineData("stages")]
    [InlineData("helpful-harmless-honest")]
    [InlineData("frozen")]
    [InlineData("confidently-wrong")]
    public async Task Passes_on_the_committed_models(string name) =>
        await Verdicts.PassesAsync(ExperimentCatalog.Find(name), healthy.Lab);

    public static TheoryData<string, Type, string> Broken => new()
    {
        { "window", typeof(ShortWindow), "inside the window" },
        { "stages", typeof(WrongStage), "preferred to those of lab-sft" },
        { "stages", typeof(RandomRewards), "lab-reward ranks" },
        { "helpful-harmless-honest", typeof(WrongStage), "harmless" },
        { "frozen", typeof(LearningServer), "after it" },
        { "confidently-wrong", typeof(WrongStage), "answers what does not exist, lab-chat" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task Fails_on_a_broken_system(string name, Type sabotage, string what) =>
        // What is broken shows in few answers.
        await Verdicts.FailsAsync(name == "stages" ? new StagesExperiment { Questions = 150, Requests = 300 } : ExperimentCatalog.Find(name), () => (Interceptor)Activator.CreateInstance(sabotage)!, what);

    [Fact]
    [Trait("Soak", "Training")]
    public async Task Reward_rises_and_quality_falls_when_the_policy_is_pushed_without_a_leash()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("GENAILAB_SOAK") == "1", "takes minutes: runs with GENAILAB_SOAK=1");
        await Verdicts.PassesAsync(new GoodhartExperiment(), healthy.Lab);
    }

    [Fact]
    public async Task A_policy_that_is_hardly_pushed_does_not_show_it() =>
        await Verdicts.FailsAsync(new GoodhartExperiment { Plan = static plan => plan with { Pairs = 60, RewardSteps = 10, Steps = 2, Stops = 1, LearningRate = 1e-6f } }, healthy.Lab, "quality: at the end");

    [Fact]
    public async Task A_name_is_known_only_with_the_history()
    {
        var report = await Verdicts.PassesAsync(new StatelessExperiment(), healthy.Lab);

        Assert.Contains(report.Measurements, static measurement => measurement.What.Contains("with the history", StringComparison.Ordinal));
    }
}
