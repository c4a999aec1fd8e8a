using GenAiLab.Training.Base;
using GenAiLab.Training.Chat;
using GenAiLab.Training.Optimization;
using GenAiLab.Training.Sft;

namespace GenAiLab.Training.Tests.Sft;

/// <summary>Supervised fine-tuning at smoke size.</summary>
public sealed class SftTrainingTests
{
    private static readonly SftOptions Options = SftOptions.Smoke with { Threads = 2, ReplayShare = 0.5f };

    [Fact]
    public void Answers_are_learned_and_questions_are_not()
    {
        using var folder = new TemporaryFolder();
        var result = Train(Options with { ReplayRows = 0 }, folder.Path);
        var (before, after) = (TinyChat.Model().Weights, result.Weights);

        var heldOut = result.Curve.Select(static point => point.Values[TrainingFigures.HeldOutLoss]).ToList();
        Assert.True(heldOut[^1] < 0.5 * heldOut[0], $"held-out answers: {heldOut[0]} → {heldOut[^1]}");
        Assert.Equal(heldOut[^1], Loss(after, static answered => answered), 4);

        // What the user says is read, not learned, but for the words that answers have too. Without the mask it is learned.
        using var unmaskedFolder = new TemporaryFolder();
        var unmasked = Train(Options with { ReplayRows = 0 }, unmaskedFolder.Path, counted: static _ => true).Weights;
        var questions = new[] { before, after, unmasked }.Select(weights => Loss(weights, static answered => !answered)).ToArray();
        Assert.True(questions[1] > 0.8 * questions[0], $"questions: {questions[0]} → {questions[1]}");
        Assert.True(questions[2] < 0.5 * questions[0], $"questions without a mask: {questions[0]} → {questions[2]}");
    }

    [Fact]
    public void Replayed_text_is_learned_beside_the_answers()
    {
        using var folder = new TemporaryFolder();
        var curve = Train(Options, folder.Path).Curve;

        Assert.True(curve[^1].Values["replay_loss"] < 0.6 * curve[1].Values["replay_loss"]);
        Assert.True(curve[^1].Values["answer_loss"] < 0.6 * curve[1].Values["answer_loss"]);
        Assert.Equal(
            curve[^1].Values[TrainingFigures.Loss], 0.5 * (curve[^1].Values["answer_loss"] + curve[^1].Values["replay_loss"]), 4);
    }

    [Theory]
    [InlineData(7)]
    [InlineData(20)]
    public void A_run_that_was_interrupted_ends_in_the_same_bits(int interruptedAfter)
    {
        using var whole = new TemporaryFolder();
        using var interrupted = new TemporaryFolder();
        var expected = Train(Options, whole.Path);

        using var interrupt = new CancellationTokenSource();
        var steps = 0;
        Assert.Throws<OperationCanceledException>(() => Train(Options, interrupted.Path, new Recorder(_ =>
        {
            if (++steps == interruptedAfter)
            {
                interrupt.Cancel();
            }
        }), cancellation: interrupt.Token));
        var resumed = Train(Options, interrupted.Path, new Recorder(_ => steps++));

        Assert.Equal(Options.Steps, steps);
        Assert.Equal(expected.Weights, resumed.Weights);
        Assert.Equal(
            expected.Curve.Select(static point => (point.Step, point.Values[TrainingFigures.HeldOutLoss])),
            resumed.Curve.Select(static point => (point.Step, point.Values[TrainingFigures.HeldOutLoss])));
    }

    [Fact]
    public void A_checkpoint_of_other_data_or_another_start_is_refused()
    {
        using var folder = new TemporaryFolder();
        Train(Options, folder.Path);

        foreach (var other in new Action[] { () => Train(Options, folder.Path, start: 2), () => Train(Options, folder.Path, conversations: 9) })
        {
            var error = Assert.Throws<InvalidOperationException>(other);
            Assert.Contains("--fresh", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_loss_that_is_not_a_number_stops_the_run_names_the_step_and_keeps_the_checkpoint()
    {
        using var folder = new TemporaryFolder();
        var error = Assert.Throws<InvalidOperationException>(() => Train(Options with { LearningRate = 1e30f, WarmUpSteps = 39 }, folder.Path));
        Assert.Matches("step \\d+ is not a number", error.Message);

        // The checkpoint of step 10 is there or the run died before it; nothing else is.
        Assert.All(Directory.GetFiles(folder.Path), static file => Assert.Equal("checkpoint.bin", Path.GetFileName(file)));
    }

    [Fact]
    public void A_conversation_longer_than_a_row_is_refused_before_training()
    {
        using var folder = new TemporaryFolder();
        var error = Assert.Throws<ArgumentException>(() => Train(Options with { Length = 16 }, folder.Path));
        Assert.Contains("a row takes 16", error.Message, StringComparison.Ordinal);
    }

    private static StageResult Train(
        SftOptions options, string folder, IProgress<TrainingProgress>? progress = null, int start = 1, int conversations = 3, CancellationToken? cancellation = null,
        Func<bool, bool>? counted = null)
    {
        var data = new SftData(
            [.. TinyChat.Tokenized(conversations, 120).Select(conversation => Counted(conversation, counted ?? (static answered => answered)))],
            TinyChat.Tokenized(4, 20), TinyChat.Documents(5).Select(TinyChat.Tokenizer.EncodeIds), 0);
        return new SftTraining(options, TinyChat.Model(start), data, folder).Run(progress, cancellation ?? TestContext.Current.CancellationToken);
    }

    private static double Loss(IReadOnlyDictionary<string, float[]> weights, Func<bool, bool> counted)
    {
        var conversations = TinyChat.Tokenized(4, 20).Select(conversation => Counted(conversation, counted)).ToList();
        using var loss = new AnswerLoss(TinyChat.Config, conversations, 4, 64, 0, 2);
        return loss.Measure(FlatParameters.Pack(weights, FlatParameters.Of(TinyChat.Config)));
    }

    private static TokenizedConversation Counted(TokenizedConversation conversation, Func<bool, bool> counted) =>
        conversation with { Answered = [.. conversation.Answered.Select(counted)] };

    private sealed class Recorder(Action<float> record) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => record(value.Loss);
    }
}
