using GenAiLab.Training.Base;
using GenAiLab.Training.Chat;
using GenAiLab.Training.Optimization;
using GenAiLab.Training.Rlhf;

namespace GenAiLab.Training.Tests.Rlhf;

/// <summary>Direct preference optimisation at smoke size: "red" is preferred to any other colour.</summary>
public sealed class DpoTrainingTests
{
    private static readonly DpoOptions Options = DpoOptions.Smoke with { Threads = 2 };

    [Fact]
    public void The_margin_rises_from_nothing_on_pairs_that_training_never_saw()
    {
        using var folder = new TemporaryFolder();
        var curve = Train(Options, folder.Path).Curve;

        Assert.Equal(0, curve[0].Values[DpoTraining.HeldOutMargin], 1e-6);
        Assert.Equal(0.5, curve[0].Values[DpoTraining.HeldOutAccuracy], 1e-6);
        Assert.True(curve[^1].Values[DpoTraining.HeldOutMargin] > 0.1, $"{curve[^1].Values[DpoTraining.HeldOutMargin]}");
        Assert.True(curve[^1].Values[DpoTraining.HeldOutAccuracy] > 0.9, $"{curve[^1].Values[DpoTraining.HeldOutAccuracy]}");

        // The first step's loss is log 2 and the anchor; the margin begins at 0.
        Assert.True(curve[1].Values[TrainingFigures.Loss] > 0.2 * curve[1].Values[DpoTraining.Anchor]);
        Assert.InRange(curve[^1].Values[DpoTraining.Margin], curve[1].Values[DpoTraining.Margin], 1e6);
    }

    [Fact]
    public void The_anchor_keeps_the_chosen_answer_probable()
    {
        using var with = new TemporaryFolder();
        using var without = new TemporaryFolder();
        var anchored = Train(Options with { AnchorWeight = 1 }, with.Path).Curve;
        var loose = Train(Options with { AnchorWeight = 0 }, without.Path).Curve;

        Assert.True(
            anchored[^1].Values[DpoTraining.Anchor] < loose[^1].Values[DpoTraining.Anchor] - 0.5,
            $"{anchored[^1].Values[DpoTraining.Anchor]} with, {loose[^1].Values[DpoTraining.Anchor]} without");
    }

    [Fact]
    public void A_run_that_was_interrupted_ends_in_the_same_bits()
    {
        using var whole = new TemporaryFolder();
        using var interrupted = new TemporaryFolder();
        var expected = Train(Options, whole.Path);

        using var interrupt = new CancellationTokenSource();
        var steps = 0;
        Assert.Throws<OperationCanceledException>(() => Train(Options, interrupted.Path, new Recorder(() =>
        {
            if (++steps == 13)
            {
                interrupt.Cancel();
            }
        }), interrupt.Token));
        Assert.Equal(expected.Weights, Train(Options, interrupted.Path).Weights);
    }

    private static StageResult Train(DpoOptions options, string folder, IProgress<TrainingProgress>? progress = null, CancellationToken? cancellation = null) =>
        new DpoTraining(options, TinyChat.Model(), Pairs(1, 60), Pairs(2, 21), folder).Run(progress, cancellation ?? TestContext.Current.CancellationToken);

    private static List<TokenizedPair> Pairs(int seed, int count)
    {
        var random = new Random(seed);
        string[] others = ["blue", "green", "white", "black"];
        return
        [
            .. TinyChat.Conversations(seed, count).Select(conversation => TokenizedPair.From(
                TinyChat.Format, new PreferencePair([conversation.Messages[0]], "It is red.", $"It is {others[random.Next(4)]}.", "rule"))),
        ];
    }

    private sealed class Recorder(Action record) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => record();
    }
}
