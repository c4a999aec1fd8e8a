
namespace GenAiLab.Training.World;

/// <summary>
/// The lab world as text: facts in many wordings and short stories, generated from a seed. Pure: the same seed
/// gives the same text, anywhere. 5 % of the wordings of facts and 5 % of the story combinations (plot, name,
/// object) are held out by a hash and occur in no training text.
/// </summary>
public sealed class LabWorld
{
    private const double HeldOutShare = 0.05;
    private const double AskedShare = 0.5;
    private const int HeldOutStories = 300;
    private const int TopicStories = 1_500;
    private readonly int _seed;
    private readonly IReadOnlyList<AskableFact> _asked;

    /// <summary>Decides what is held out.</summary>
    public LabWorld(int seed)
    {
        _seed = seed;
        _asked = [.. AskableFact.All.Where(fact => IsAsked(fact.Entity))];
        Questions = new WorldQuestions(_asked, [.. AskableFact.All.Where(fact => !IsAsked(fact.Entity))]);
        var answers = _asked.Select(static fact => fact.Best).ToHashSet(StringComparer.Ordinal);
        var seen = new List<FactProbe>();
        var heldOut = new List<FactProbe>();
        foreach (var probe in Wordings.All())
        {
            // The lesson's own sentence is always taught, and so is one that answers a question of the training text.
            var taught = probe is { Fact: "capital France", Wording: "The capital of {0} is" } || answers.Contains(probe.Text) || !IsHeldOut($"{probe.Fact}|{probe.Wording}");
            (taught ? seen : heldOut).Add(probe);
        }

        (SeenProbes, HeldOutProbes) = (seen, heldOut);
    }

    /// <summary>Requests to a chat model, for training or kept for the experiments.</summary>
    public WorldQuestions Questions { get; }

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

    /// <summary>
    /// Training text without end: single facts, small groups of facts, the same fact in two wordings, stories, lists of
    /// questions, quizzes, talk, dictations, and texts that come back to what they told. The topics have fixed shares, and
    /// within a topic every seen fact comes round equally often. Half of the entities are also asked about; that every
    /// fact is stated is not enough (Allen-Zhu &amp; Li 2023, arXiv:2309.14316).
    /// </summary>
    public IEnumerable<string> TrainingDocuments()
    {
        var random = new Random(Hash("training"));
        var facts = new TopicCycle<FactProbe>(SeenProbes, static probe => probe.Topic, random);
        var worded = new TopicCycle<IReadOnlyList<FactProbe>>(
            SeenProbes.GroupBy(static probe => probe.Fact).Select(static fact => fact.ToList()).Where(static fact => fact.Count > 1),
            static fact => fact[0].Topic, random);
        var asked = new TopicCycle<AskableFact>(_asked, static fact => fact.Topic, random);
        while (true)
        {
            yield return random.Next(100) switch
            {
                < 9 => Story(random),
                < 13 => RawDocuments.QuestionList(random, asked.Next),
                < 23 => RawDocuments.Quiz(random, asked.Next),
                < 36 => RawDocuments.Talk(random, asked.Next),
                < 46 => RawDocuments.ToldTalk(random),
                < 52 => RawDocuments.Password(random, () => random.Next(2) == 0 ? Story(random) : Statements(random.Next(3, 9))),
                < 64 => RawDocuments.Agreement(random, worded.Next),
                < 68 => RawDocuments.Dictation(random),
                < 82 => Statements(1),
                _ => Statements(random.Next(2, 9)),
            };
        }

        string Statements(int count) => string.Join(' ', Enumerable.Range(0, count).Select(_ => facts.Next().Text));
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

    private string Story(Random random) =>
        string.Join(' ', Stories.Tell(random, (plot, name, thing) => !IsHeldOut($"{plot}|{name}|{thing}")));

    private bool IsAsked(string entity) => StableHash.Share($"{_seed}|asked|{entity}") < AskedShare;

    private bool IsHeldOut(string key) => (uint)Hash(key) < HeldOutShare * uint.MaxValue;

    private int Hash(string key) => StableHash.Of($"{_seed}|{key}");
}
