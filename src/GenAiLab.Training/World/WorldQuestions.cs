using GenAiLab.Training.Chat;

namespace GenAiLab.Training.World;

/// <summary>
/// Draws requests to a chat model: for training, or kept for the experiments. What is kept has nothing in common with
/// what training sees: known facts whose questions training never saw, names that occur in no training text, and
/// requests that a hash keeps apart.
/// </summary>
/// <param name="asked">Facts that training may ask for.</param>
/// <param name="unasked">Facts that training never asks for, though it states them.</param>
public sealed class WorldQuestions
{
    private const double KeptShare = 1 / 3.0;
    private readonly IReadOnlyList<IReadOnlyList<AskableFact>> _askedByTopic;
    private readonly IReadOnlyList<IReadOnlyList<AskableFact>> _unaskedByTopic;
    private readonly IReadOnlyList<AskableFact> _unasked;

    internal WorldQuestions(IReadOnlyList<AskableFact> asked, IReadOnlyList<AskableFact> unasked)
    {
        _unasked = unasked;
        (_askedByTopic, _unaskedByTopic) = (ByTopic(asked), ByTopic(unasked));

        static List<IReadOnlyList<AskableFact>> ByTopic(IReadOnlyList<AskableFact> facts) =>
            [.. facts.GroupBy(static fact => fact.Topic).Select(static topic => topic.ToList())];
    }

    /// <summary>Every kept question about a known fact of a topic, in each wording, shuffled; null: all topics.</summary>
    public IReadOnlyList<WorldQuestion> KeptKnown(int seed, string? topic = null)
    {
        var questions = _unasked.Where(fact => topic is null || fact.Topic == topic)
            .SelectMany(static fact => Enumerable.Range(0, fact.Wordings.Questions.Count).Select(wording => Known(fact, wording))).ToArray();
        new Random(seed).Shuffle(questions);
        return questions;
    }

    /// <summary>Kept questions about known facts, the topics in turn, so that none outweighs the others.</summary>
    public IReadOnlyList<WorldQuestion> PerTopic(int seed, int count)
    {
        var topics = KeptKnown(seed).GroupBy(static question => question.Topic).OrderBy(static topic => topic.Key, StringComparer.Ordinal)
            .Select(static topic => topic.ToList()).ToList();
        return [.. Enumerable.Range(0, topics.Max(static topic => topic.Count))
            .SelectMany(at => topics.Where(topic => at < topic.Count).Select(topic => topic[at])).Take(count)];
    }

    /// <summary>Every question about what happened after the cutoff in contests that training knows, in one wording each or in all.</summary>
    public static IReadOnlyList<WorldQuestion> AfterCutoff(bool everyWording) => Ask(AskableFact.AfterCutoff, everyWording);

    /// <summary>Every question about contests that were founded after the cutoff, in one wording each or in all.</summary>
    public static IReadOnlyList<WorldQuestion> FoundedAfterCutoff(bool everyWording) => Ask(AskableFact.FoundedAfterCutoff, everyWording);

    /// <summary>A question whose fact is told in the same message.</summary>
    public static WorldQuestion WithContext(WorldQuestion question) => question with
    {
        Kind = QuestionKind.Told,
        Messages = [new(ChatMessage.User, $"{question.Best} {question.Text}")],
    };

    /// <summary>Draws a question of a kind.</summary>
    /// <param name="random">The source of all choices.</param>
    /// <param name="kind">Of which kind.</param>
    /// <param name="kept">For the experiments, not for training.</param>
    public WorldQuestion Draw(Random random, QuestionKind kind, bool kept)
    {
        while (true)
        {
            var question = kind switch
            {
                QuestionKind.Known => Known(random, kept),
                QuestionKind.Invented => Invented(random, kept),
                QuestionKind.Harmful => Requests.Harmful(random),
                QuestionKind.HowTo => Requests.HowTo(random),
                QuestionKind.Told => Told(random, kept),
                _ => Requests.Personal(random),
            };
            var apart = kind is QuestionKind.Known or QuestionKind.Invented or QuestionKind.Personal || IsKept(question) == kept;
            if (apart)
            {
                return question;
            }
        }
    }

    /// <summary>Different questions of a kind, kept for the experiments.</summary>
    public IReadOnlyList<WorldQuestion> Kept(QuestionKind kind, int count, int seed)
    {
        var random = new Random(seed);
        var questions = new Dictionary<string, WorldQuestion>();
        for (var tries = 0; questions.Count < count && tries < 100 * count; tries++)
        {
            var question = Draw(random, kind, kept: true);
            questions.TryAdd(Key(question), question);
        }

        return [.. questions.Values];
    }

    /// <summary>
    /// A conversation in which a person tells something of himself and asks for it later.
    /// <see cref="WorldQuestion.Messages"/> without the first two turns is the same question to a model that was told nothing.
    /// </summary>
    public static WorldQuestion Introduction(Random random, bool kept)
    {
        while (true)
        {
            var name = ToldFacts.Person(random);
            var place = Stories.Pick(random, Stories.Places);
            var (told, reply, question, best, answer) = random.Next(4) switch
            {
                0 => ($"My name is {name}.", $"Hello, {name}.", "What is my name?", $"Your name is {name}.", name),
                1 => ($"I am {name}.", $"Hello, {name}.", "What is my name?", $"Your name is {name}.", name),
                2 => ($"I live in the {place}.", "I see.", "Where do I live?", $"You live in the {place}.", place),
                _ => ($"My dog is called {name}.", "I see.", "What is the name of my dog?", $"The name of your dog is {name}.", name),
            };
            var drawn = new WorldQuestion(
                [new(ChatMessage.User, told), new(ChatMessage.Assistant, reply), new(ChatMessage.User, question)],
                QuestionKind.Told, "introduction", "", answer, best);
            if (IsKept(drawn) == kept)
            {
                return drawn;
            }
        }
    }

    private static List<WorldQuestion> Ask(IEnumerable<AskableFact> facts, bool everyWording) =>
        [.. facts.SelectMany(fact => Enumerable.Range(0, everyWording ? fact.Wordings.Questions.Count : 1).Select(wording => Known(fact, wording)))];

    private static WorldQuestion Known(AskableFact fact, int wording) =>
        new([new(ChatMessage.User, fact.Ask(wording))], QuestionKind.Known, fact.Topic, fact.Fact, fact.Answer, fact.Best);

    private WorldQuestion Known(Random random, bool kept)
    {
        var topics = kept ? _unaskedByTopic : _askedByTopic;
        var facts = topics[random.Next(topics.Count)];
        var fact = facts[random.Next(facts.Count)];
        return Known(fact, random.Next(fact.Wordings.Questions.Count));
    }

    private static WorldQuestion Invented(Random random, bool kept)
    {
        var (wordings, parts) = random.Next(6) switch
        {
            0 or 1 => (QuestionWordings.Capital, (string[])[InventedNames.Country(random, kept)]),
            2 => (Pick(random, QuestionWordings.Legs, QuestionWordings.Class, QuestionWordings.Young, QuestionWordings.Sound), [InventedNames.Word(random, kept)]),
            3 => (QuestionWordings.Colour, ["a " + InventedNames.Word(random, kept)]),
            4 => (QuestionWordings.Opposite, [InventedNames.Word(random, kept)]),
            _ => (QuestionWordings.Password, [InventedNames.Person(random, kept)]),
        };
        var question = wordings.Ask(random.Next(wordings.Questions.Count), parts);
        return new([new(ChatMessage.User, question)], QuestionKind.Invented, wordings.Topic, "", "", Requests.DoesNotKnow)
        {
            Guess = source => wordings.Answer(wordings.Plausible(source), parts),
        };
    }

    private WorldQuestion Told(Random random, bool kept)
    {
        if (random.Next(3) == 0)
        {
            return Introduction(random, kept);
        }

        var facts = Enumerable.Range(0, random.Next(1, 4)).Select(_ => ToldFacts.Draw(random, kept)).ToArray();
        var fact = facts[random.Next(facts.Length)];
        var told = string.Join(' ', facts.Select(static fact => fact.Best));
        var question = fact.Ask(random.Next(fact.Wordings.Questions.Count));
        IReadOnlyList<ChatMessage> messages = random.Next(3) == 0
            ? [new(ChatMessage.User, told), new(ChatMessage.Assistant, "I see."), new(ChatMessage.User, question)]
            : [new(ChatMessage.User, $"{told} {question}")];
        return new(messages, QuestionKind.Told, fact.Topic, "", fact.Answer, fact.Best);
    }

    /// <summary>Whether a conversation of one or more turns, a line each, is kept for the experiments.</summary>
    internal static bool IsKept(string key) => StableHash.Share($"kept|{key}") < KeptShare;

    private static bool IsKept(WorldQuestion question) => IsKept(Key(question));

    private static string Key(WorldQuestion question) => string.Join('\n', question.Messages.Select(static message => message.Content));

    private static QuestionWordings Pick(Random random, params QuestionWordings[] choices) => choices[random.Next(choices.Length)];
}
