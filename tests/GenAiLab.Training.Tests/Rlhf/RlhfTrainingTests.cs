using GenAiLab.Training.Base;
using GenAiLab.Training.Optimization;
using GenAiLab.Training.Rlhf;

namespace GenAiLab.Training.Tests.Rlhf;

/// <summary>Policy optimisation at smoke size, with a reward that a line of code gives: the share of tokens below an id.</summary>
public sealed class RlhfTrainingTests
{
    private const int Liked = 100;
    private static readonly RlhfOptions Options = RlhfOptions.Smoke with { Threads = 2, Steps = 40, Group = 8, LearningRate = 1e-2f, KlWeight = 0.01f, UnendedPenalty = 0 };

    [Fact]
    public void The_reward_rises_and_the_leash_bounds_the_divergence()
    {
        using var free = new TemporaryFolder();
        using var leashed = new TemporaryFolder();
        var loose = Train(Options with { KlWeight = 0 }, free.Path).Curve;
        var tight = Train(Options with { KlWeight = 2 }, leashed.Path).Curve;

        var before = loose[1].Values[RlhfTraining.Reward];
        Assert.True(loose[^1].Values[RlhfTraining.Reward] > before + 0.2, $"reward {before} → {loose[^1].Values[RlhfTraining.Reward]}");
        Assert.True(
            tight[^1].Values[RlhfTraining.Kl] < 0.5 * loose[^1].Values[RlhfTraining.Kl],
            $"divergence {tight[^1].Values[RlhfTraining.Kl]} on the leash, {loose[^1].Values[RlhfTraining.Kl]} without");
        Assert.All(loose.Concat(tight).Where(static point => point.Step > 0), static point => Assert.True(point.Values[RlhfTraining.Kl] >= 0));

        // The judge of this test likes what the reward likes, so the win rate rises from a half.
        Assert.InRange(loose[0].Values[RlhfTraining.WinRate], 0.3, 0.7);
        Assert.True(loose[^1].Values[RlhfTraining.WinRate] > 0.8);
    }

    [Fact]
    public void A_reward_that_is_the_same_for_all_answers_teaches_nothing()
    {
        using var folder = new TemporaryFolder();
        var result = Train(Options with { Steps = 4 }, folder.Path, reward: static _ => 3);

        // Not bit for bit: the gradient of the leash at the start is rounding, and AdamW scales any gradient to the rate.
        Assert.InRange(result.Curve[^1].Values[RlhfTraining.Kl], 0, 0.05);
        Assert.Equal(3, result.Curve[^1].Values[RlhfTraining.Reward], 1e-6);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(8)]
    public void A_run_that_was_interrupted_ends_in_the_same_bits(int interruptedAfter)
    {
        var options = Options with { Steps = 12 };
        using var whole = new TemporaryFolder();
        using var interrupted = new TemporaryFolder();
        var expected = Train(options, whole.Path);

        using var interrupt = new CancellationTokenSource();
        var steps = 0;
        Assert.Throws<OperationCanceledException>(() => Train(options, interrupted.Path, progress: new Recorder(() =>
        {
            if (++steps == interruptedAfter)
            {
                interrupt.Cancel();
            }
        }), cancellation: interrupt.Token));
        var resumed = Train(options, interrupted.Path, progress: new Recorder(() => steps++));

        Assert.Equal(options.Steps, steps);
        Assert.Equal(expected.Weights, resumed.Weights);
        Assert.Equal(Values(expected), Values(resumed));

        static IEnumerable<KeyValuePair<string, double>> Values(StageResult result) =>
            result.Curve.SelectMany(static point => point.Values.OrderBy(static value => value.Key, StringComparer.Ordinal));
    }

    [Fact]
    public void A_reward_that_is_not_a_number_stops_the_run_and_names_the_step()
    {
        using var folder = new TemporaryFolder();
        var calls = 0;
        var error = Assert.Throws<InvalidOperationException>(
            () => Train(Options, folder.Path, reward: answer => ++calls > 6 * Options.Prompts * Options.Group ? float.NaN : Share(answer)));
        Assert.Contains("step 7 is not a number", error.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(folder.Path, "checkpoint.bin")));
    }

    private static StageResult Train(
        RlhfOptions options, string folder, Func<Rollout, float>? reward = null, IProgress<TrainingProgress>? progress = null, CancellationToken? cancellation = null)
    {
        var prompts = TinyChat.Conversations(6, 96).Select(static conversation => TinyChat.Format.Prompt([conversation.Messages[0]])).ToList();
        var data = new RlhfData(
            prompts[..32], prompts[32..],
            answers => [.. answers.Select(item => (reward ?? Share)(item.Answer))],
            static (_, one, other) => Share(one) > Share(other) ? 1 : Share(one) < Share(other) ? 0 : 0.5);
        return new RlhfTraining(options, TinyChat.Model(), data, folder).Run(progress, cancellation ?? TestContext.Current.CancellationToken);
    }

    private static float Share(Rollout answer) => answer.Tokens.Count(static token => token < Liked) / (float)answer.Tokens.Length;

    private sealed class Recorder(Action record) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => record();
    }
}
