using GenAiLab.Training.World;

namespace GenAiLab.Training.Films;

/// <summary>
/// Clips of the lab world without end, from a seed; like drawings, every model has its own, and those by which models are measured are
/// others. Pure: the same seed gives the same clips, anywhere.
/// </summary>
public sealed class FilmWorld(int seed)
{
    /// <summary>Clips to learn from, always in the same order.</summary>
    /// <param name="stream">Which of many: models that must not learn from the same clips take different ones.</param>
    public IEnumerable<Clip> Training(int stream) => Clips($"film|training|{stream}");

    /// <summary>Clips that no model learns from.</summary>
    public IEnumerable<Clip> HeldOut() => Clips("film|held out");

    private IEnumerable<Clip> Clips(string name)
    {
        var random = new Random(StableHash.Of($"{seed}|{name}"));
        while (true)
        {
            yield return Director.Film(random);
        }
    }
}
