using GenAiLab.Media.Pictures;
using GenAiLab.Training.Pictures;
using GenAiLab.Training.Pictures.Seeing;
using GenAiLab.V1;
using Google.Protobuf;

namespace GenAiLab.Experiments.Opposites.Pictures;

/// <summary>Drawings of the lab world.</summary>
/// <param name="scratchFolder">Where small classifiers are kept.</param>
/// <param name="threads">Of their training.</param>
/// <param name="small">Takes smaller networks, for tests.</param>
internal sealed class PictureModality(string scratchFolder, int threads, bool small = false) : IModality<Picture>
{
    /// <summary>The world of the served models.</summary>
    private const int WorldSeed = 1;

    /// <summary>lab-see learned from stream 1, lab-draw from stream 2; features come from neither.</summary>
    private const int GeneratorStream = 2, FeatureStream = 11;

    private const int ManyExamples = 2_000;

    private readonly PictureWorld _world = new(WorldSeed);
    private FrameClassifier? _features;
    private int _trained;

    public string Examples => "drawings";

    public IReadOnlyList<string> Labels => Artist.Kinds;

    public IReadOnlyList<(string Name, Func<Picture, Prompt, bool> Has)> Attributes { get; } =
        [("colour", static (picture, prompt) => ColourOfFigure.Of(picture, ((PicturePrompt)prompt).Subject.Scene) == ((PicturePrompt)prompt).Subject.Colour)];

    public IEnumerable<Example<Picture>> Training() => Stream(GeneratorStream);

    public IEnumerable<Example<Picture>> HeldOut() => _world.HeldOut().Select(ExampleOf);

    public IEnumerable<Example<Picture>> Asked() => HeldOut();

    /// <summary>Real examples of any stream.</summary>
    public IEnumerable<Example<Picture>> Stream(int stream) => _world.Training(stream).Select(ExampleOf);

    public Picture Real(Prompt prompt, Random random) => Artist.Draw(((PicturePrompt)prompt).Subject, random).Picture;

    public string PromptOf(int label) => Caption.Of(new Subject(Labels[label], "", "", ""), colour: false);

    public float[] Raw(Picture medium)
    {
        var raw = new float[medium.Rgb.Length];
        for (var at = 0; at < raw.Length; at++)
        {
            raw[at] = medium.Rgb[at] / 255f;
        }

        return raw;
    }

    /// <summary>48 numbers of a thumbnail of 4 × 4 colours, and what a classifier of its own thinks of the 14 kinds, which count as much together.</summary>
    public IReadOnlyList<float[]> Features(IReadOnlyList<Picture> media, CancellationToken cancellation)
    {
        _features ??= FrameClassifier.Train(
            Path.Combine(scratchFolder, "features"), Options(seed: 101, small ? 800 : 2_500), Labels.Count, frames: null,
            Stream(FeatureStream).Select(static example => new LabelledPicture([example.Medium], example.Prompt.Label)), cancellation);
        return [.. media.Zip(_features.Logarithms(Frames(media)), static (picture, kinds) => (float[])[.. Thumbnails.Of(picture), .. kinds])];
    }

    public int[] TrainAndAsk(
        IReadOnlyList<(Picture Medium, int Label)> examples, int labels, IReadOnlyList<Picture> asked, int seed, CancellationToken cancellation) =>
        FrameClassifier.Train(
            Path.Combine(scratchFolder, $"classifier-{_trained++}"), Options(seed, small ? 800 : examples.Count < ManyExamples ? 1_500 : 4_000), labels, frames: null,
            FrameClassifier.Repeated([.. examples.Select(static example => ((IReadOnlyList<Picture>)[example.Medium], example.Label))], mirror: true, seed), cancellation)
            .Decide(Frames(asked));

    public byte[] Write(Picture medium) => PictureFile.WritePng(medium);

    public Picture Read(ReadOnlySpan<byte> file) => PictureFile.Read(file, Artist.Side, Artist.Side, CancellationToken.None);

    public ClassifyRequest Question(Picture medium) => new() { Image = UnsafeByteOperations.UnsafeWrap(Write(medium)) };

    private SeeingOptions Options(int seed, int steps) => new()
    {
        Seed = seed,
        Threads = threads,
        Steps = steps,
        Widths = small ? [8, 16, 32] : [12, 24, 48, 64],
        LearningRate = 3e-3f,
    };

    private static IEnumerable<IReadOnlyList<Picture>> Frames(IEnumerable<Picture> pictures) => pictures.Select(static picture => (IReadOnlyList<Picture>)[picture]);

    private static Example<Picture> ExampleOf(Drawing drawing) => new(drawing.Picture, new PicturePrompt(drawing.Subject));
}
