using GenAiLab.Training.World;

namespace GenAiLab.Training.Pictures;

/// <summary>
/// Drawings of the lab world without end, from a seed. 5 % of the combinations of kind, colour and scene are held out by a hash and
/// occur in no drawing that training sees. Pure: the same seed gives the same drawings, anywhere.
/// </summary>
public sealed class PictureWorld(int seed)
{
    private const double HeldOutShare = 0.05;

    /// <summary>Drawings to learn from, always in the same order.</summary>
    /// <param name="stream">Which of many orders: models that must not learn from the same drawings take different ones.</param>
    public IEnumerable<Drawing> Training(int stream) => Drawings($"training|{stream}", heldOut: false);

    /// <summary>Drawings of combinations that training never sees.</summary>
    public IEnumerable<Drawing> HeldOut() => Drawings("held out", heldOut: true);

    private bool IsHeldOut(Subject subject) => StableHash.Share($"{seed}|{subject.Kind}|{subject.Colour}|{subject.Scene}") < HeldOutShare;

    private IEnumerable<Drawing> Drawings(string name, bool heldOut)
    {
        var random = new Random(StableHash.Of($"{seed}|{name}"));
        while (true)
        {
            var subject = Artist.Imagine(random);
            if (IsHeldOut(subject) == heldOut)
            {
                yield return Artist.Draw(subject, random);
            }
        }
    }
}
