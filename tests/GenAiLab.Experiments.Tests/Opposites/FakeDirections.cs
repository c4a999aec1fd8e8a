using GenAiLab.Experiments.Opposites;
using GenAiLab.Media.Pictures;

namespace GenAiLab.Experiments.Tests.Opposites;

/// <summary>Directions without services and without a codec: a generator from the test, and a classifier that was trained for it.</summary>
internal sealed class FakeDirections(FrameClassifier? classifier, Func<Prompt, Random, Picture> generate) : IDirections<Picture>
{
    public Task<int> ClassifyAsync(Picture medium, CancellationToken cancellation) => Task.FromResult(classifier!.Decide([[medium]])[0]);

    // Seeds that follow each other begin alike.
    public Task<Picture> GenerateAsync(Prompt prompt, ulong seed, CancellationToken cancellation) => Task.FromResult(generate(prompt, new Random((int)((seed * 0x9E3779B97F4A7C15) >> 33))));

    public Task<Picture> RecodeAsync(Picture medium, CancellationToken cancellation) => Task.FromResult(medium);
}
