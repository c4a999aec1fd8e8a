using System.Security.Cryptography;
using System.Text;

namespace GenAiLab.Training.World;

/// <summary>
/// The lab world as text: facts in many wordings and short stories, generated from a seed. Pure: the same seed
/// gives the same text, anywhere. 5 % of the wordings of facts and 5 % of the story combinations (plot, name,
/// object) are held out by a hash and occur in no training text.
/// </summary>
public sealed class LabWorld
{
    private const double HeldOutShare = 0.05;
    private const double StoryShare = 0.4;
    private const int HeldOutStories = 300;
    private const int TopicStories = 1_500;
    private readonly int _seed;

    /// <summary>Decides what is held out.</summary>
    public LabWorld(int seed)
    {
        _seed = seed;
        var seen = new List<FactProbe>();
        var heldOut = new List<FactProbe>();
        foreach (var probe in Wordings.All())
        {
            // The lesson's own sentence is always taught.
            var taught = probe is { Fact: "capital France", Wording: "The capital of {0} is" } || !IsHeldOut($"{probe.Fact}|{probe.Wording}");
            (taught ? seen : heldOut).Add(probe);
        }

        (SeenProbes, HeldOutProbes) = (seen, heldOut);
    }

    /// <summary>Facts in the wordings that training sees.</summary>
    public IReadOnlyList<FactProbe> SeenProbes { get; }

    /// <summary>Facts in the wordings that training does not see.</summary>
    public IReadOnlyList<FactProbe> HeldOutProbes { get; }

    /// <summary>Labelled sentences; no held-out text is among the training ones.</summary>
    public (IReadOnlyList<(string Text, string Label)> Train, IReadOnlyList<(string Text, string Label)> HeldOut) TopicExamples
    {
        get
        {
            var training = SeenProbes.Select(static probe => (probe.Text, Label: probe.Topic)).Concat(StorySentences(heldOut: false, salt: 3)).Distinct().ToList();
            var known = training.Select(static example => example.Text).ToHashSet(StringComparer.Ordinal);
            var heldOut = HeldOutProbes.Select(static probe => (probe.Text, Label: probe.Topic)).Concat(StorySentences(heldOut: true, salt: 4))
                .Where(example => !known.Contains(example.Text)).Distinct().ToList();
            return (training, heldOut);
        }
    }

    /// <summary>Training text without end: single facts, small groups of facts, and stories. Every seen fact comes round equally often.</summary>
    public IEnumerable<string> TrainingDocuments()
    {
        var random = new Random(Hash("training"));
        var facts = Cycle(random).GetEnumerator();
        while (true)
        {
            if (random.NextDouble() < StoryShare)
            {
                yield return string.Join(' ', Stories.Tell(random, (plot, name, thing) => !IsHeldOut($"{plot}|{name}|{thing}")));
                continue;
            }

            var count = random.Next(2) == 0 ? 1 : random.Next(2, 9);
            var sentences = new List<string>(count);
            while (sentences.Count < count && facts.MoveNext())
            {
                sentences.Add(facts.Current.Text);
            }

            yield return string.Join(' ', sentences);
        }
    }

    /// <summary>Text of held-out facts and held-out stories.</summary>
    public IEnumerable<string> HeldOutDocuments()
    {
        var random = new Random(Hash("held out"));
        foreach (var group in HeldOutProbes.OrderBy(probe => Hash(probe.Text)).Chunk(3))
        {
            yield return string.Join(' ', group.Select(static probe => probe.Text));
        }

        for (var story = 0; story < HeldOutStories; story++)
        {
            yield return string.Join(' ', Stories.Tell(random, (plot, name, thing) => IsHeldOut($"{plot}|{name}|{thing}")));
        }
    }

    private IEnumerable<(string Text, string Label)> StorySentences(bool heldOut, int salt)
    {
        var random = new Random(Hash($"topic stories {salt}"));
        return Enumerable.Range(0, heldOut ? TopicStories / 5 : TopicStories)
            .SelectMany(_ => Stories.Tell(random, (plot, name, thing) => IsHeldOut($"{plot}|{name}|{thing}") == heldOut))
            .Select(static sentence => (sentence, "story"));
    }

    private IEnumerable<FactProbe> Cycle(Random random)
    {
        var order = SeenProbes.ToArray();
        while (true)
        {
            random.Shuffle(order);
            foreach (var probe in order)
            {
                yield return probe;
            }
        }
    }

    private bool IsHeldOut(string key) => (uint)Hash(key) < HeldOutShare * uint.MaxValue;

    // string.GetHashCode differs between processes; this one does not.
    private int Hash(string key) => BitConverter.ToInt32(SHA256.HashData(Encoding.UTF8.GetBytes($"{_seed}|{key}")));
}
