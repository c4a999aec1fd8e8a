using GenAiLab.Media.Films;
using GenAiLab.Media.Pictures;
using GenAiLab.Training.Films;
using GenAiLab.Training.Pictures.Seeing;
using GenAiLab.V1;
using Google.Protobuf;

namespace GenAiLab.Experiments.Opposites.Films;

/// <summary>A caption that names all that there is to name.</summary>
internal sealed record FilmPrompt(Plot Plot, int Index) : Prompt(FilmCaption.Of(Plot), Index);

/// <summary>Clips of the lab world, by their frames.</summary>
/// <param name="scratchFolder">Where small classifiers are kept.</param>
/// <param name="threads">Of their training.</param>
internal sealed class FilmModality(string scratchFolder, int threads) : IModality<IReadOnlyList<Picture>>
{
    /// <summary>lab-watch learned from stream 1, lab-film from stream 2; features come from neither.</summary>
    private const int GeneratorStream = 2, FeatureStream = 11;

    /// <summary>From so many on a classifier learns for longer.</summary>
    private const int ManyExamples = 1_000;

    private readonly FilmWorld _world = new(seed: 1);
    private FrameClassifier? _features;
    private int _trained;

    public string Examples => "films";

    public IReadOnlyList<string> Labels => Director.Labels;

    public IReadOnlyList<(string Name, Func<IReadOnlyList<Picture>, Prompt, bool> Has)> Attributes => [];

    public IEnumerable<Example<IReadOnlyList<Picture>>> Training() => _world.Training(GeneratorStream).Select(ExampleOf);

    public IEnumerable<Example<IReadOnlyList<Picture>>> HeldOut() => _world.HeldOut().Select(ExampleOf);

    public IEnumerable<Example<IReadOnlyList<Picture>>> Asked() => HeldOut();

    public IReadOnlyList<Picture> Real(Prompt prompt, Random random) => Director.Film(((FilmPrompt)prompt).Plot, random).Frames;

    public string PromptOf(int label)
    {
        var names = Labels[label].Split(", ");
        return FilmCaption.Of(new Plot(names[0], "", names[1], ""));
    }

    public float[] Raw(IReadOnlyList<Picture> medium)
    {
        var raw = new float[medium.Sum(static frame => frame.Rgb.Length)];
        var at = 0;
        foreach (var frame in medium)
        {
            foreach (var value in frame.Rgb)
            {
                raw[at++] = value / 255f;
            }
        }

        return raw;
    }

    /// <summary>Thumbnails of the first and the middle frame, and what a classifier of its own thinks it is.</summary>
    public IReadOnlyList<float[]> Features(IReadOnlyList<IReadOnlyList<Picture>> media, CancellationToken cancellation)
    {
        _features ??= FrameClassifier.Train(
            Path.Combine(scratchFolder, "features"), Options(seed: 101, 800), Labels.Count, Motions.Frames,
            _world.Training(FeatureStream).Select(ExampleOf).Select(static example => new LabelledPicture(example.Medium, example.Prompt.Label)), cancellation);
        return
        [
            .. media.Zip(_features.Logarithms(media), static (film, labels) =>
                (float[])[.. Thumbnails.Of(film[0]), .. Thumbnails.Of(film[film.Count / 2]), .. labels]),
        ];
    }

    public int[] TrainAndAsk(
        IReadOnlyList<(IReadOnlyList<Picture> Medium, int Label)> examples, int labels, IReadOnlyList<IReadOnlyList<Picture>> asked, int seed, CancellationToken cancellation) =>
        FrameClassifier.Train(
            Path.Combine(scratchFolder, $"classifier-{_trained++}"), Options(seed, examples.Count < ManyExamples ? 800 : 3_000), labels, Motions.Frames,
            FrameClassifier.Repeated([.. examples], mirror: false, seed), cancellation).Decide(asked);

    public byte[] Write(IReadOnlyList<Picture> medium) => FilmFile.WriteApng(medium);

    public IReadOnlyList<Picture> Read(ReadOnlySpan<byte> file) => FilmFile.Read(file, CancellationToken.None);

    public ClassifyRequest Question(IReadOnlyList<Picture> medium) => new() { Film = UnsafeByteOperations.UnsafeWrap(Write(medium)) };

    private SeeingOptions Options(int seed, int steps) => SeeingOptions.Watch with { Seed = seed, Threads = threads, Steps = steps, Widths = [32, 48, 64], LearningRate = 3e-3f };

    private static Example<IReadOnlyList<Picture>> ExampleOf(Clip clip) =>
        new(clip.Frames, new FilmPrompt(clip.Plot, Array.IndexOf([.. Director.Labels], clip.Plot.Label)));
}
