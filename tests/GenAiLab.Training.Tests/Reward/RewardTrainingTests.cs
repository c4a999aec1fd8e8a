using GenAiLab.Training.Base;
using GenAiLab.Training.Chat;
using GenAiLab.Training.Optimization;
using GenAiLab.Training.Reward;
using GenAiLab.Training.Serving;

namespace GenAiLab.Training.Tests.Reward;

/// <summary>A reward model at smoke size: the rule is that an answer with the word "red" is better.</summary>
public sealed class RewardTrainingTests
{
    private static readonly RewardOptions Options = RewardOptions.Smoke with { Threads = 2 };

    [Fact]
    public void A_rule_is_learned_from_pairs_and_served_with_mean_0_and_deviation_1()
    {
        using var checkpoints = new TemporaryFolder();
        using var folder = new TemporaryFolder();
        var training = Pairs(1, 200);
        var heldOut = Pairs(2, 100);
        var result = Train(training, heldOut, checkpoints.Path);
        Assert.Equal(0.5, result.Curve[0].Values[RewardTraining.HeldOutAccuracy]);
        Assert.True(result.Curve[^1].Values[RewardTraining.HeldOutAccuracy] >= 0.9, $"{result.Curve[^1].Values[RewardTraining.HeldOutAccuracy]}");

        RewardFolder.Write(folder.Path, result, TinyChat.Tokenizer, new TrainingRecord("reward", "tiny", Options, new Dictionary<string, double>()));
        using var scorer = new RewardScorer(folder.Path, 2);
        var rewards = scorer.Rewards([.. training.SelectMany(RewardTraining.Sequences)]);
        var mean = rewards.Average();
        Assert.Equal(0, mean, 1e-3f);
        Assert.Equal(1, Math.Sqrt(rewards.Average(reward => (reward - mean) * (double)(reward - mean))), 1e-3);

        // The served graph ranks as the training graph did, in batches of any padding.
        var served = scorer.Rewards([.. heldOut.SelectMany(RewardTraining.Sequences)]);
        var accuracy = Enumerable.Range(0, heldOut.Count).Average(at => served[2 * at] > served[(2 * at) + 1] ? 1.0 : 0);
        Assert.Equal(result.Curve[^1].Values[RewardTraining.HeldOutAccuracy], accuracy);
        var alone = scorer.Rewards([RewardTraining.Sequences(heldOut[0])[0]]);
        Assert.Equal(served[0], alone[0], 1e-4f);
    }

    [Fact]
    public void A_run_that_was_interrupted_ends_in_the_same_bits()
    {
        using var whole = new TemporaryFolder();
        using var interrupted = new TemporaryFolder();
        var expected = Train(Pairs(1, 50), [], whole.Path);

        using var interrupt = new CancellationTokenSource();
        var steps = 0;
        Assert.Throws<OperationCanceledException>(() => Train(Pairs(1, 50), [], interrupted.Path, interrupt.Token, new Recorder(() =>
        {
            if (++steps == 25)
            {
                interrupt.Cancel();
            }
        })));
        var resumed = Train(Pairs(1, 50), [], interrupted.Path);
        Assert.Equal(expected.Head, resumed.Head);
        Assert.Equal(expected.Weights, resumed.Weights);
    }

    private static RewardResult Train(
        IReadOnlyList<TokenizedPair> training, IReadOnlyList<TokenizedPair> heldOut, string folder, CancellationToken? cancellation = null,
        IProgress<TrainingProgress>? progress = null) =>
        new RewardTraining(Options, TinyChat.Model(), training, heldOut, folder).Run(progress, cancellation ?? TestContext.Current.CancellationToken);

    private static IReadOnlyList<TokenizedPair> Pairs(int seed, int count)
    {
        var random = new Random(seed);
        string[] others = ["blue", "green", "white", "black"];
        return
        [
            .. TinyChat.Conversations(seed, count).Select(conversation =>
            {
                var other = others[random.Next(others.Length)];
                return TokenizedPair.From(
                    TinyChat.Format,
                    new PreferencePair([conversation.Messages[0]], $"The {other} thing is red and {other}.", $"The {other} thing is {other} and {other} again.", "rule"));
            }),
        ];
    }

    private sealed class Recorder(Action record) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => record();
    }
}
