using GenAiLab.Media.Pictures;
using GenAiLab.Models.Folders;
using GenAiLab.Training.Base;
using GenAiLab.Training.Optimization;
using GenAiLab.Training.Pictures;
using GenAiLab.Training.Pictures.Painting;
using GenAiLab.Training.Pictures.Seeing;
using GenAiLab.Training.Practice;
using GenAiLab.Training.Rlhf;
using GenAiLab.Training.Serving;
using GenAiLab.Training.Verbs;

namespace GenAiLab.Training.Tests.Practice;

public sealed class PracticeTests : IDisposable
{
    private static readonly PictureWorld World = new(seed: 1);
    private static readonly PaintingVocabulary Vocabulary = new(new PictureCodec(
        PatchCodec.Learn(World.Training(2).Take(100).Select(static drawing => drawing.Picture), patch: 2, codes: 64)));

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void An_interrupted_practice_ends_in_the_same_bits()
    {
        var whole = Practise("whole", progress: null, Cancellation);
        using var interruption = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        Assert.Throws<OperationCanceledException>(() => Practise("parts", new AtStep(1, interruption.Cancel), interruption.Token));
        var parts = Practise("parts", progress: null, Cancellation);

        Assert.Equal(whole.Weights, parts.Weights);
        Assert.NotEqual(Pretrained().Weights, whole.Weights);
        Assert.All(whole.Rounds, static round => Assert.All(round.Curve.Skip(1), static point => Assert.InRange(point.Values[RlhfTraining.Reward], 0, 1)));
        Assert.Equal([0, 1, 2, 2, 3, 4], whole.Curve.Select(static point => point.Step));
    }

    [Fact]
    public void What_has_practised_a_round_practises_the_next_to_the_same_bits()
    {
        var whole = Practise("whole", progress: null, Cancellation);
        var once = Options with { Practice = [Options.Practice[0]] };
        var first = Practise("once", progress: null, Cancellation, once);
        BaseModelFolder.Write(_folder.Path, Pretrained(), Options.Pretraining, Vocabulary.Begin, first, MediaPractice.Panels);

        var (start, practised) = BaseModelFolder.Read(_folder.Path, Options.Pretraining, Options.Practice);
        var second = Practise("second", progress: null, Cancellation, start: start, practised: practised);

        Assert.Equal(first.Weights, start.Weights);
        Assert.NotEqual(first.Weights, second.Weights);
        Assert.Equal(whole.Weights, second.Weights);
        Assert.Equal(Options.Practice, second.Rounds.Select(static round => round.Options));
    }

    [Fact]
    public void A_critic_learns_once_and_rates_what_it_knows_higher()
    {
        var critic = new MediaCritic(SeeingOptions.Smoke with { Steps = 400 }, Artist.Kinds, frames: null, Path.Combine(_folder.Path, "critic"));
        critic.Learn(Examples(), progress: null, Cancellation);
        critic.Learn([], progress: null, Cancellation);
        List<LabelledPicture> right = [.. Examples().Take(100)];

        var rewards = critic.Rewards(right);
        var others = critic.Rewards([.. right.Select(static picture => picture with { Label = (picture.Label + 1) % Artist.Kinds.Count })]);
        Assert.True(rewards.Average() > 1.5 * others.Average(), $"{rewards.Average()} against {others.Average()}");

        critic.Forget();
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Practice_goes_on_from_what_the_same_options_pre_trained_and_from_nothing_else()
    {
        var (options, pretrained) = (Options.Pretraining, Pretrained());
        BaseModelFolder.Write(_folder.Path, pretrained, options, Vocabulary.Begin);

        var (read, practised) = BaseModelFolder.Read(_folder.Path, options, Options.Practice);
        Assert.Equal(pretrained.Weights, read.Weights);
        Assert.Equal(pretrained.Curve, read.Curve);
        Assert.Empty(practised);

        Refused("other options", options with { Steps = 7 }, Options.Practice);
        List<PracticeRound> rounds = [.. Options.Practice.Select(static round => new PracticeRound(
            round, [new CurvePoint(0, new Dictionary<string, double> { [RlhfTraining.Reward] = 0.5 })], TimeSpan.FromSeconds(1), 1))];
        BaseModelFolder.Write(_folder.Path, pretrained, options, Vocabulary.Begin, new PracticeRecord(pretrained.Weights, rounds), MediaPractice.Panels);
        Assert.Equal(Options.Practice, BaseModelFolder.Read(_folder.Path, options, Options.Practice).Practised.Select(static round => round.Options));
        Refused("practised already", options, [Options.Practice[0]]);
        Refused("other options", options, [Options.Practice[0] with { Steps = 7 }, Options.Practice[1]]);
        File.WriteAllText(Path.Combine(_folder.Path, "training.json"), "{\"options\": 3}");
        Refused("not what a training wrote", options, Options.Practice);
    }

    private void Refused(string reason, BaseTrainingOptions options, IReadOnlyList<RlhfOptions> rounds) => Assert.Contains(
        reason, Assert.Throws<ModelFolderException>(() => BaseModelFolder.Read(_folder.Path, options, rounds)).Message, StringComparison.Ordinal);

    public void Dispose() => _folder.Dispose();

    private static List<MediaTask> Tasks { get; } = [.. World.Training(3).Take(6)
        .Select(static drawing => new MediaTask(Vocabulary.Prompt(Caption.Of(drawing.Subject)), TrainSee.IndexOf(Artist.Kinds, drawing.Subject.Kind)))];

    private static GeneratorOptions Options { get; } = (GeneratorOptions.DrawSmoke with
    {
        Pretraining = BaseTrainingOptions.DrawSmoke with { HiddenSize = 16, Layers = 1, Heads = 1, IntermediateSize = 32 },
        Critic = SeeingOptions.Smoke with { Steps = 5 },
        Practice = [.. Enumerable.Repeat(GeneratorOptions.DrawSmoke.Practice[0], 2)],
    }).With(seed: 1, threads: 1, steps: 1).For(Vocabulary.Size, Tasks, Vocabulary.Codec.MaximumLength);

    private static BaseTrainingResult Pretrained()
    {
        var config = Options.Pretraining.Model(Vocabulary.Size);
        return new BaseTrainingResult(
            config, FlatParameters.Unpack(InitialWeights.Of(config, 1), FlatParameters.Of(config)), [new LossPoint(1, 5, 6)], TimeSpan.FromSeconds(2), 3, 4);
    }

    private PracticeRecord Practise(
        string name, IProgress<TrainingProgress>? progress, CancellationToken cancellation, GeneratorOptions? options = null, BaseTrainingResult? start = null,
        IReadOnlyList<PracticeRound>? practised = null) =>
        new GeneratorTraining(options ?? Options, Artist.Kinds, frames: null, Path.Combine(_folder.Path, name), static _ => { }, progress).Practise(
            start ?? Pretrained(), practised ?? [], Vocabulary.Begin, static tokens => [Vocabulary.Read(tokens).Picture], Examples(), Tasks, cancellation);

    private static IEnumerable<LabelledPicture> Examples() =>
        World.Training(2).Select(static drawing => new LabelledPicture([drawing.Picture], TrainSee.IndexOf(Artist.Kinds, drawing.Subject.Kind)));

    // Steps of the critic are told as well.
    private sealed class AtStep(int step, Action act) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Step == step && value.Figures.Count > 0)
            {
                act();
            }
        }
    }
}
