using GenAiLab.Experiments.Opposites;
using GenAiLab.Experiments.Opposites.Pictures;
using GenAiLab.Media.Pictures;
using GenAiLab.Training.Pictures;

namespace GenAiLab.Experiments.Tests.Opposites;

/// <summary>
/// The artist in the generator's place meets every criterion, and every way to cheat fails the one that is there for it. The figures for
/// which networks are trained anew each time are there with <c>GENAILAB_SOAK=1</c>.
/// </summary>
[Trait("Soak", "Opposites")]
public sealed class SabotagedPictureTests(TrainedPictures pictures) : IClassFixture<TrainedPictures>
{
    private static readonly OppositesPlan Small = new(Asked: 400, Compared: 256, Learned: 1_024, Scored: 400, Training: 2_000, Prompts: 32, PerPrompt: 6);

    // A network that was trained for seconds is not held to what the committed one is.
    private static readonly OppositesCriteria Seconds = new(Accuracy: 0.7, Agreement: 0.7, Score: 0.4);

    private static bool IsLong => Environment.GetEnvironmentVariable("GENAILAB_SOAK") == "1";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_artist_as_its_own_generator_meets_every_criterion()
    {
        var measures = Measures(pictures.Seeing, pictures.Modality.Real);
        var measurements = IsLong
            ? await measures.RunAsync(Cancellation)
            : [await measures.AccuracyAsync(Cancellation), .. await measures.AgreementAsync(Cancellation), .. await measures.NoveltyAsync(Cancellation), .. await measures.DiversityAsync(Cancellation)];

        Assert.All(measurements, static measurement => Assert.True(measurement.Passed, measurement.ToString()));
    }

    [Fact]
    public async Task A_generator_that_repeats_its_training_set_is_not_novel()
    {
        var seen = pictures.Modality.Training().Take(Small.Training).ToList();
        var measurements = await Measures(null, (prompt, random) => Any(seen.Where(example => example.Prompt.Label == prompt.Label), random).Medium).NoveltyAsync(Cancellation);

        Fails(measurements, "exact copies of training examples in raw space");
        Fails(measurements, "nearest training example in raw space");
        Fails(measurements, "nearest training example in feature space");
    }

    [Fact]
    public async Task A_generator_that_ignores_the_prompt_does_not_agree_with_it()
    {
        var measurements = await Measures(pictures.Seeing, static (_, random) => Artist.Draw(random).Picture).AgreementAsync(Cancellation);

        Assert.InRange(measurements[0].Value, 0, 0.2);
        Assert.False(measurements[0].Passed);
        // The colour is one of eleven, and nobody looks at it with a network.
        Assert.InRange(Assert.Single(measurements, static one => one.What.EndsWith("colour", StringComparison.Ordinal)).Value, 0, 0.3);
    }

    [Fact]
    public async Task Noise_is_told_from_drawings_lies_nowhere_near_them_and_teaches_nothing()
    {
        var measures = Measures(null, static (_, random) =>
        {
            var rgb = new byte[3 * Artist.Side * Artist.Side];
            random.NextBytes(rgb);
            return new Picture(Artist.Side, Artist.Side, rgb);
        });

        var diversity = await measures.DiversityAsync(Cancellation);
        Fails(diversity, "recall");
        Fails(diversity, "coverage");
        Fails(diversity, "of one prompt");
        if (IsLong)
        {
            var twoSample = await measures.TwoSampleAsync(Cancellation);
            Assert.InRange(twoSample.Value, 0.95, 1);
            Assert.False(twoSample.Passed);
            Fails(await measures.ScoreAsync(Cancellation), "classification accuracy score");
        }
    }

    [Fact]
    public async Task A_generator_with_one_drawing_a_prompt_lacks_diversity()
    {
        var measurements = await Measures(null, (prompt, _) => pictures.Modality.Real(prompt, new Random(1))).DiversityAsync(Cancellation);

        Fails(measurements, "of one prompt");
    }

    [Fact]
    public async Task A_classifier_that_learned_from_shuffled_labels_is_not_accurate()
    {
        var random = new Random(3);
        var shuffled = pictures.Train("shuffled", _ => random.Next(pictures.Modality.Labels.Count), steps: 150);

        Assert.False((await Measures(shuffled, pictures.Modality.Real).AccuracyAsync(Cancellation)).Passed);
    }

    private OppositesMeasures<Picture> Measures(FrameClassifier? classifier, Func<Prompt, Random, Picture> generate) =>
        new(pictures.Modality, new FakeDirections(classifier, generate), Seconds, Small, seed: 1, progress: null);

    private static void Fails(IEnumerable<Measurement> measurements, string what)
    {
        var measurement = Assert.Single(measurements, one => one.What.Contains(what, StringComparison.Ordinal) && one.Criterion != Criterion.Reported);
        Assert.False(measurement.Passed, measurement.ToString());
    }

    private static Example<Picture> Any(IEnumerable<Example<Picture>> examples, Random random)
    {
        var list = examples.ToList();
        return list[random.Next(list.Count)];
    }
}
