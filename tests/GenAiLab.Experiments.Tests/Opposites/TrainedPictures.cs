using GenAiLab.Experiments.Opposites;
using GenAiLab.Experiments.Opposites.Pictures;
using GenAiLab.Training.Pictures.Seeing;

namespace GenAiLab.Experiments.Tests.Opposites;

/// <summary>What the sabotage tests share: the data with its features, and a classifier that sees.</summary>
public sealed class TrainedPictures : IDisposable
{
    private readonly DirectoryInfo _scratch = Directory.CreateTempSubdirectory("genailab-opposites-");
    private readonly Lazy<FrameClassifier> _seeing;

    public TrainedPictures()
    {
        Modality = new PictureModality(_scratch.FullName, Environment.ProcessorCount, small: true);
        _seeing = new Lazy<FrameClassifier>(() => Train("seeing", static label => label, 1_500));
    }

    internal PictureModality Modality { get; }

    internal FrameClassifier Seeing => _seeing.Value;

    internal FrameClassifier Train(string name, Func<int, int> label, int steps) => FrameClassifier.Train(
        Path.Combine(_scratch.FullName, name), new SeeingOptions { Seed = 5, Steps = steps, Widths = [12, 24, 48], LearningRate = 3e-3f }, Modality.Labels.Count, frames: null,
        Modality.Stream(21).Select(example => new LabelledPicture([example.Medium], label(example.Prompt.Label))), TestContext.Current.CancellationToken);

    public void Dispose() => _scratch.Delete(recursive: true);
}
