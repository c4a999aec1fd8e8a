using GenAiLab.Media.Pictures;
using GenAiLab.Training.Base;
using GenAiLab.Training.Optimization;
using GenAiLab.Training.Pictures.Seeing;

namespace GenAiLab.Training.Practice;

/// <summary>
/// A classifier that a generator practises with. It learns from the generator's own training examples, as its codec gives them back;
/// whoever judges the finished generator must be another one, that learned from others.
/// </summary>
/// <param name="options">What decides it.</param>
/// <param name="labels">What it tells apart.</param>
/// <param name="frames">Frames of a film; null for pictures.</param>
/// <param name="folder">Where it is kept until the practice is finished.</param>
internal sealed class MediaCritic(SeeingOptions options, IReadOnlyList<string> labels, int? frames, string folder)
{
    /// <summary>Learns, unless it has already.</summary>
    /// <param name="examples">Examples without end, or at least steps × batch of them.</param>
    /// <param name="progress">Told of every step.</param>
    /// <param name="cancellation">Interrupts; nothing is kept.</param>
    public void Learn(IEnumerable<LabelledPicture> examples, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        if (File.Exists(Path.Combine(folder, SeeingFolder.GraphFile)))
        {
            return;
        }

        var training = new SeeingTraining(options, labels, frames);
        SeeingFolder.Write(folder, training.ServingGraph(training.Run(examples, progress, cancellation)), labels, frames);
    }

    /// <summary>How probable it finds the label of each of some media.</summary>
    public float[] Rewards(IReadOnlyList<LabelledPicture> media)
    {
        var probabilities = frames is { } length
            ? SeeingFolder.Classify(folder, media.Select(static medium => medium.Frames), length)
            : SeeingFolder.Classify(folder, media.Select(static medium => medium.Frames[0]));
        return [.. media.Zip(probabilities, static (medium, found) => found[medium.Label])];
    }

    /// <summary>Forgets what it learned.</summary>
    public void Forget()
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
