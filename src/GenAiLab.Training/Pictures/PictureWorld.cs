using GenAiLab.Training.World;

namespace GenAiLab.Training.Pictures;

/// <summary>
/// Drawings of the lab world without end, from a seed: every model draws its own, and those by which models are measured are others.
/// What is held out is drawings, not combinations of kind, colour and scene: a combination that never occurs would teach a classifier
/// that it cannot occur. Pure: the same seed gives the same drawings, anywhere.
/// </summary>
public sealed class PictureWorld(int seed)
{
    /// <summary>Drawings to learn from, always in the same order.</summary>
    /// <param name="stream">Which of many: models that must not learn from the same drawings take different ones.</param>
    public IEnumerable<Drawing> Training(int stream) => Drawings($"training|{stream}");

    /// <summary>Drawings that no model learns from.</summary>
    public IEnumerable<Drawing> HeldOut() => Drawings("held out");

    private IEnumerable<Drawing> Drawings(string name)
    {
        var random = new Random(StableHash.Of($"{seed}|{name}"));
        while (true)
        {
            yield return Artist.Draw(random);
        }
    }
}
