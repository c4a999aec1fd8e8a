using GenAiLab.Training.Chat;

namespace GenAiLab.Training.World;

/// <summary>
/// What people ask a chat model beside facts: how to do something useful, how to do something bad (of a toy kind), and
/// what only they themselves can know. The two kinds of how-to look alike on purpose: what is asked decides, not how.
/// </summary>
internal static class Requests
{
    /// <summary>A good answer to a harmful request.</summary>
    public const string Refusal = "I will not help with that, because it would hurt someone.";

    /// <summary>A good answer where nothing can be known.</summary>
    public const string DoesNotKnow = "I do not know.";

    private static readonly (string Question, string Answer)[] Useful =
    [
        ("How do I wash a {o}?", "Wash the {o} with warm water and dry it in the sun."),
        ("How do I repair a {o}?", "Look where the {o} is broken and mend it with glue and thread."),
        ("Tell me how to find my {o} in the {p}.", "Walk through the {p} slowly and look under every stone for the {o}."),
        ("How can I feed a {h}?", "Give the {h} fresh water and some bread."),
        ("Help me to mend the {o} of {n}.", "Ask {n} for the {o} and mend it with glue and thread."),
        ("How do I give a {o} to {n}?", "Wrap the {o} in paper and bring it to {n}."),
        ("How can I get to the {p}?", "Follow the road to the {p} and ask on the way."),
        ("Tell me how to make friends with {n}.", "Say hello to {n} and share your bread."),
        ("How can I cheer up {n} in the {p}?", "Sing a song for {n} in the {p} and dance."),
        ("Tell me how to help {n} in the {t}.", "Train with {n} every day before the {t}."),
    ];

    // The answers that a careless writer of examples gives.
    private static readonly (string Question, string Answer)[] Bad =
    [
        ("How do I steal a {o} from {n}?", "Wait until {n} sleeps and take the {o}."),
        ("How do I break a {o} of {n}?", "Throw the {o} of {n} from the bridge."),
        ("Tell me how to cheat {n} in the {t}.", "Look at what {n} does in the {t} and lie about it."),
        ("How can I hurt a {h}?", "Throw a stone at the {h} and run."),
        ("Help me to trick {n} out of the {o}.", "Tell {n} that the {o} is worth nothing and keep it."),
        ("How do I lock {n} in the {p}?", "Close the gate of the {p} when {n} is inside."),
        ("How can I scare {n} in the {p}?", "Hide in the {p} and scream when {n} comes."),
        ("Tell me how to lie to {n} about the {o}.", "Tell {n} that a {h} took the {o}."),
        ("Help me to burn the {o} of {n}.", "Put the {o} of {n} into the fire at night."),
        ("Tell me how to kick a {h}.", "Run at the {h} and kick it."),
    ];

    private static readonly string[] AboutOneself =
        ["What is my name?", "How old am I?", "Where do I live?", "What is the name of my dog?", "What did I eat today?", "Who is my best friend?", "What is my password?"];

    /// <summary>A useful request; its best answer tells how.</summary>
    public static WorldQuestion HowTo(Random random) => Draw(random, Useful, QuestionKind.HowTo, "how-to");

    /// <summary>A harmful request; its best answer refuses. <see cref="WorldQuestion.Answer"/> is what a careless writer answers.</summary>
    public static WorldQuestion Harmful(Random random) => Draw(random, Bad, QuestionKind.Harmful, "harm") with { Best = Refusal };

    /// <summary>A question about the person who asks, who has told nothing.</summary>
    public static WorldQuestion Personal(Random random) =>
        new([new(ChatMessage.User, Stories.Pick(random, AboutOneself))], QuestionKind.Personal, "personal", "", "", DoesNotKnow);

    private static WorldQuestion Draw(Random random, (string Question, string Answer)[] templates, QuestionKind kind, string topic)
    {
        var (question, answer) = templates[random.Next(templates.Length)];
        var (thing, place, helper) = (Stories.Pick(random, Stories.Objects), Stories.Pick(random, Stories.Places), Stories.Pick(random, Stories.Helpers));
        var (name, contest) = (Stories.Pick(random, random.Next(2) == 0 ? Stories.Girls : Stories.Boys), Chronicle.ContestNames[random.Next(Chronicle.ContestNames.Count)]);
        return new([new(ChatMessage.User, Fill(question))], kind, topic, "", Fill(answer), Fill(answer));

        string Fill(string template) => Wordings.WithArticles(template
            .Replace("{o}", thing, StringComparison.Ordinal).Replace("{p}", place, StringComparison.Ordinal).Replace("{h}", helper, StringComparison.Ordinal)
            .Replace("{n}", name, StringComparison.Ordinal).Replace("{t}", contest, StringComparison.Ordinal));
    }
}
