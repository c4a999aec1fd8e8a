using GenAiLab.Media.Pictures;
using GenAiLab.Training.Pictures.Seeing;

namespace GenAiLab.Experiments.Opposites;

/// <summary>A small network that an experiment trains for itself on pictures or films; it has nothing in common with the served ones but the code.</summary>
internal sealed class FrameClassifier
{
    private const float SmallestProbability = 1e-6f;
    private readonly string _folder;
    private readonly int? _frames;

    private FrameClassifier(string folder, int? frames) => (_folder, _frames) = (folder, frames);

    /// <summary>Trains it.</summary>
    /// <param name="folder">Where its graph is kept.</param>
    /// <param name="options">Size and length of the training.</param>
    /// <param name="labels">How many labels.</param>
    /// <param name="frames">Frames of a film; null for pictures.</param>
    /// <param name="pictures">Without end, or enough for all steps.</param>
    /// <param name="cancellation">Interrupts.</param>
    public static FrameClassifier Train(
        string folder, SeeingOptions options, int labels, int? frames, IEnumerable<LabelledPicture> pictures, CancellationToken cancellation)
    {
        string[] names = [.. Enumerable.Range(0, labels).Select(static label => $"{label}")];
        var training = new SeeingTraining(options, names, frames);
        var weights = OwnThread.Run(() => training.Run(pictures, null, cancellation));
        SeeingFolder.Write(folder, training.ServingGraph(weights), names, frames);
        return new FrameClassifier(folder, frames);
    }

    /// <summary>Examples again and again, each time in another order, moved by some pixels and perhaps mirrored: some hundred must do for thousands.</summary>
    /// <param name="examples">Each with the index of its label.</param>
    /// <param name="mirror">Whether an example still is what it was when left and right are exchanged.</param>
    /// <param name="seed">Of all that.</param>
    public static IEnumerable<LabelledPicture> Repeated(IReadOnlyList<(IReadOnlyList<Picture> Frames, int Label)> examples, bool mirror, int seed)
    {
        var (random, order) = (new Random(seed), examples.ToArray());
        while (true)
        {
            random.Shuffle(order);
            foreach (var (frames, label) in order)
            {
                var (right, down, mirrored) = (random.Next(-2, 3), random.Next(-2, 3), mirror && random.Next(2) == 0);
                yield return new LabelledPicture([.. frames.Select(frame => Moved(frame, right, down, mirrored))], label);
            }
        }
    }

    /// <summary>p(label | frames) of each.</summary>
    public IReadOnlyList<float[]> Classify(IEnumerable<IReadOnlyList<Picture>> films) =>
        _frames is { } frames ? SeeingFolder.Classify(_folder, films, frames) : SeeingFolder.Classify(_folder, films.Select(static film => film[0]));

    /// <summary>Index of the most probable label of each.</summary>
    public int[] Decide(IEnumerable<IReadOnlyList<Picture>> films) => [.. Classify(films).Select(static shares => Array.IndexOf(shares, shares.Max()))];

    /// <summary>log p(label | frames) of each, not below that of one in a million, scaled to [−1.4, 0].</summary>
    public IReadOnlyList<float[]> Logarithms(IEnumerable<IReadOnlyList<Picture>> films) =>
        [.. Classify(films).Select(static shares => shares.Select(static share => MathF.Log(Math.Max(share, SmallestProbability)) / 10).ToArray())];

    // What moves in at an edge repeats it.
    private static Picture Moved(Picture picture, int right, int down, bool mirrored)
    {
        var rgb = new byte[picture.Rgb.Length];
        for (var y = 0; y < picture.Height; y++)
        {
            for (var x = 0; x < picture.Width; x++)
            {
                var (fromX, fromY) = (Math.Clamp(x - right, 0, picture.Width - 1), Math.Clamp(y - down, 0, picture.Height - 1));
                fromX = mirrored ? picture.Width - 1 - fromX : fromX;
                picture.Rgb.AsSpan(3 * ((fromY * picture.Width) + fromX), 3).CopyTo(rgb.AsSpan(3 * ((y * picture.Width) + x)));
            }
        }

        return new Picture(picture.Width, picture.Height, rgb);
    }
}
