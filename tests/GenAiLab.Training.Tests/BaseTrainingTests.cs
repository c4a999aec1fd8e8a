using GenAiLab.Training.Base;

namespace GenAiLab.Training.Tests;

/// <summary>Pre-training at smoke size.</summary>
public sealed class BaseTrainingTests
{
    private static readonly BaseTrainingOptions Options = BaseTrainingOptions.Smoke with { Threads = 2 };

    [Fact]
    public void The_loss_falls()
    {
        using var folder = new TemporaryFolder();
        var losses = new List<float>();
        var result = new BaseTraining(Options, Corpus(), folder.Path).Run(new Recorder(losses.Add), TestContext.Current.CancellationToken);

        Assert.Equal(Options.Steps, losses.Count);
        Assert.InRange(losses[0], Math.Log(64) - 1, Math.Log(64) + 1);
        Assert.True(result.Curve[^1].Loss < 0.5 * losses[0], $"{losses[0]} → {result.Curve[^1].Loss}");
        Assert.True(result.Curve[^1].HeldOutLoss < 0.5 * losses[0]);
    }

    [Fact]
    public void Two_runs_with_one_seed_agree_bit_for_bit_and_another_seed_differs()
    {
        float[] Train(int seed)
        {
            using var folder = new TemporaryFolder();
            return Flat(new BaseTraining(Options with { Seed = seed }, Corpus(), folder.Path).Run(null, TestContext.Current.CancellationToken));
        }

        var first = Train(1);
        Assert.Equal(first, Train(1));
        Assert.NotEqual(first, Train(2));
    }

    [Theory]
    [InlineData(7)]
    [InlineData(40)]
    public void A_run_that_was_interrupted_ends_in_the_same_bits(int interruptedAfter)
    {
        using var whole = new TemporaryFolder();
        using var interrupted = new TemporaryFolder();
        var expected = Flat(new BaseTraining(Options, Corpus(), whole.Path).Run(null, TestContext.Current.CancellationToken));

        using var interrupt = new CancellationTokenSource();
        var steps = 0;
        Assert.Throws<OperationCanceledException>(() => new BaseTraining(Options, Corpus(), interrupted.Path).Run(
            new Recorder(_ =>
            {
                if (++steps == interruptedAfter)
                {
                    interrupt.Cancel();
                }
            }),
            interrupt.Token));
        Assert.Equal(interruptedAfter, steps);
        var resumed = new BaseTraining(Options, Corpus(), interrupted.Path).Run(new Recorder(_ => steps++), TestContext.Current.CancellationToken);

        Assert.Equal(Options.Steps, steps);
        Assert.Equal(expected, Flat(resumed));
    }

    [Fact]
    public void A_checkpoint_of_another_run_is_refused_and_a_damaged_one_too()
    {
        using var folder = new TemporaryFolder();
        new BaseTraining(Options, Corpus(), folder.Path).Run(null, TestContext.Current.CancellationToken);

        var other = Assert.Throws<InvalidOperationException>(
            () => new BaseTraining(Options with { Seed = 9 }, Corpus(), folder.Path).Run(null, TestContext.Current.CancellationToken));
        Assert.Contains("--fresh", other.Message, StringComparison.Ordinal);

        var file = Assert.Single(Directory.GetFiles(folder.Path));
        using (var stream = File.OpenWrite(file))
        {
            stream.SetLength(stream.Length - 1);
        }

        var damaged = Assert.Throws<InvalidOperationException>(
            () => new BaseTraining(Options, Corpus(), folder.Path).Run(null, TestContext.Current.CancellationToken));
        Assert.Contains("damaged", damaged.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_kill_left_of_a_checkpoint_is_gone_after_the_next_run()
    {
        using var folder = new TemporaryFolder();
        var checkpoints = Path.Combine(folder.Path, ".training");
        Directory.CreateDirectory(checkpoints);
        File.WriteAllText(Path.Combine(checkpoints, $".checkpoint.bin.{Guid.NewGuid():N}.tmp"), "{");

        new BaseTraining(Options, Corpus(), checkpoints).Run(null, TestContext.Current.CancellationToken);

        Assert.Equal("checkpoint.bin", Path.GetFileName(Assert.Single(Directory.GetFiles(checkpoints))));
        BaseTraining.Forget(checkpoints);
        Assert.False(Directory.Exists(checkpoints));
    }

    [Fact]
    public void A_loss_that_is_not_a_number_stops_the_run_and_names_the_step()
    {
        using var folder = new TemporaryFolder();
        var error = Assert.Throws<InvalidOperationException>(
            () => new BaseTraining(Options with { LearningRate = 1e30f }, Corpus(), folder.Path).Run(null, TestContext.Current.CancellationToken));

        Assert.Matches("step \\d+ is not a number", error.Message);
    }

    // Counting upwards from a random start: learnable within a few steps.
    internal static TokenizedCorpus Corpus()
    {
        static IEnumerable<int[]> Documents(int seed, int count)
        {
            var random = new Random(seed);
            for (var document = 0; document < count; document++)
            {
                var start = random.Next(63);
                yield return [.. Enumerable.Range(0, 20).Select(at => 1 + ((start + at) % 63))];
            }
        }

        return new TokenizedCorpus(Documents(1, 3_000), [.. Documents(2, 40)], 64, 0);
    }

    internal static float[] Flat(BaseTrainingResult result) => [.. result.Weights.SelectMany(static weight => weight.Value)];

    private sealed class Recorder(Action<float> record) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => record(value.Loss);
    }
}
