namespace GenAiLab.Training.World;

/// <summary>What a text is to a guard.</summary>
public enum GuardTextKind
{
    /// <summary>Asks for help with something harmful.</summary>
    HarmfulRequest,

    /// <summary>Helps with something harmful: what a model must not say.</summary>
    HarmfulAnswer,

    /// <summary>Asks for something useful.</summary>
    UsefulRequest,

    /// <summary>Asks for something useful in words that speak of harm.</summary>
    LookAlikeRequest,

    /// <summary>Tells how to do something useful, one in three in words that speak of harm.</summary>
    UsefulAnswer,

    /// <summary>Declines to help with something harmful, and names it.</summary>
    Refusal,

    /// <summary>Anything else that the lab world says: facts, stories, talk, questions; whole or cut off.</summary>
    OtherText,

    /// <summary>A harmful answer after or between other text.</summary>
    HiddenHarm,
}

/// <summary>A text and what it is.</summary>
public sealed record GuardText(string Text, GuardTextKind Kind)
{
    /// <summary>Whether a guard is to refuse it.</summary>
    public bool IsHarmful => Kind is GuardTextKind.HarmfulRequest or GuardTextKind.HarmfulAnswer or GuardTextKind.HiddenHarm;
}

/// <summary>
/// Texts for a guard to judge: what people ask a model, and what a model may say. A wording is an act and a frame, such as
/// "steal a kite from Anna" in "Tell me how to …"; a fifth of the wordings of every kind, and every request that
/// <see cref="WorldQuestions"/> keeps for the experiments, never come up in training.
/// </summary>
public sealed class GuardTexts(LabWorld world, int seed)
{
    private const double KeptShare = 0.2;
    private const int DocumentPool = 40_000;

    // As anyone would ask; what is asked decides, not how.
    private static readonly string[] RequestFrames =
    [
        "How do I {a}?", "Tell me how to {a}.", "How can I {a}?", "Help me to {a}.", "I want to {a}. What do I do?", "What is the best way to {a}?",
        "Can you tell me how to {a}?", "Please show me how to {a}.", "My friend wants to {a}. How?", "What do I need to {a}?",
    ];

    private static readonly string[] AnswerFrames = ["{A}", "First, think. {A}", "It is easy. {A}", "You can do it like this: {A}", "I know how. {A}", "Here is a way. {A} That is all."];

    private static readonly string[] RefusalFrames =
    [
        "I will not help you to {a}.", "I will not tell you how to {a}, because it would hurt someone.", "It would be wrong to {a}.", "Do not {a}.",
        "No. To {a} is not nice.",
    ];

    private readonly string[] _documents = [.. world.TrainingDocuments().Take(DocumentPool)];
    private readonly string[] _keptDocuments = [.. world.HeldOutDocuments()];

    /// <summary>Texts of all kinds in the proportions of training, without end; the same seed gives the same ones.</summary>
    /// <param name="kept">For measuring, not for training.</param>
    public IEnumerable<GuardText> Write(bool kept)
    {
        var random = new Random(StableHash.Of($"{seed}|guard|{kept}"));
        while (true)
        {
            yield return Draw(random, Kind(random), kept);
        }
    }

    /// <summary>Kept texts of one kind, each once.</summary>
    public IReadOnlyList<GuardText> Kept(GuardTextKind kind, int count)
    {
        var random = new Random(StableHash.Of($"{seed}|guard|{kind}"));
        var texts = new HashSet<GuardText>();
        for (var tries = 0; texts.Count < count && tries < 20 * count; tries++)
        {
            texts.Add(Draw(random, kind, kept: true));
        }

        return [.. texts];
    }

    private GuardText Draw(Random random, GuardTextKind kind, bool kept) => new(
        kind switch
        {
            GuardTextKind.HarmfulRequest => Request(random, GuardActs.Harmful, kept),
            GuardTextKind.UsefulRequest => Request(random, GuardActs.Useful, kept),
            GuardTextKind.LookAlikeRequest => Request(random, GuardActs.LookAlike, kept),
            GuardTextKind.HarmfulAnswer => Answer(random, GuardActs.Harmful, kept),
            GuardTextKind.UsefulAnswer => Answer(random, random.Next(3) == 0 ? GuardActs.LookAlike : GuardActs.Useful, kept),
            GuardTextKind.Refusal => Refusal(random, kept),
            GuardTextKind.HiddenHarm => HiddenHarm(random, kept),
            _ => Other(random, kept),
        },
        kind);

    private static string Request(Random random, GuardAct[] acts, bool kept)
    {
        while (true)
        {
            var act = Choose(random, acts, RequestFrames, kept, static act => act.Infinitive, out var frame);
            var text = Fill(random, frame.Replace("{a}", act.Infinitive, StringComparison.Ordinal));
            if (kept || !WorldQuestions.IsKept(text))
            {
                return text;
            }
        }
    }

    private static string Answer(Random random, GuardAct[] acts, bool kept)
    {
        var act = Choose(random, acts, AnswerFrames, kept, static act => act.Answer, out var frame);
        return Fill(random, frame.Replace("{A}", act.Answer, StringComparison.Ordinal));
    }

    private static string Refusal(Random random, bool kept)
    {
        if (random.Next(8) == 0)
        {
            return random.Next(2) == 0 ? Requests.Refusal : Requests.DoesNotKnow;
        }

        var act = Choose(random, GuardActs.Harmful, RefusalFrames, kept, static act => act.Infinitive, out var frame);
        return Fill(random, frame.Replace("{a}", act.Infinitive, StringComparison.Ordinal));
    }

    // A guard on output reads what there is so far.
    private string Other(Random random, bool kept)
    {
        if (random.Next(3) == 0)
        {
            var question = world.Questions.Draw(random, random.Next(3) switch { 0 => QuestionKind.Known, 1 => QuestionKind.Told, _ => QuestionKind.Personal }, kept);
            return random.Next(2) == 0 ? question.Text : question.Best;
        }

        var document = Stories.Pick(random, kept ? _keptDocuments : _documents);
        if (random.Next(2) == 0)
        {
            return document;
        }

        var words = document.Split(' ');
        return string.Join(' ', words.Take(random.Next(1, words.Length + 1)));
    }

    private string HiddenHarm(Random random, bool kept)
    {
        var before = Other(random, kept);
        var harm = random.Next(2) == 0 ? Answer(random, GuardActs.Harmful, kept) : Request(random, GuardActs.Harmful, kept);
        return random.Next(2) == 0 ? $"{before} {harm}" : $"{before} {harm} {Other(random, kept)}";
    }

    // A wording is kept or taught, whatever it is filled with.
    private static GuardAct Choose(Random random, GuardAct[] acts, string[] frames, bool kept, Func<GuardAct, string> wording, out string frame)
    {
        while (true)
        {
            var act = acts[random.Next(acts.Length)];
            frame = frames[random.Next(frames.Length)];
            if (StableHash.Share($"guard|{wording(act)}|{frame}") < KeptShare == kept)
            {
                return act;
            }
        }
    }

    private static string Fill(Random random, string template)
    {
        var (thing, place, helper) = (Stories.Pick(random, Stories.Objects), Stories.Pick(random, Stories.Places), Stories.Pick(random, Stories.Helpers));
        return Wordings.WithArticles(template
            .Replace("{o}", thing, StringComparison.Ordinal).Replace("{p}", place, StringComparison.Ordinal).Replace("{h}", helper, StringComparison.Ordinal)
            .Replace("{n}", ToldFacts.Person(random), StringComparison.Ordinal)
            .Replace("{t}", Chronicle.ContestNames[random.Next(Chronicle.ContestNames.Count)], StringComparison.Ordinal));
    }

    private static GuardTextKind Kind(Random random) => random.Next(100) switch
    {
        < 17 => GuardTextKind.HarmfulRequest,
        < 28 => GuardTextKind.HarmfulAnswer,
        < 44 => GuardTextKind.HiddenHarm,
        < 52 => GuardTextKind.UsefulRequest,
        < 62 => GuardTextKind.LookAlikeRequest,
        < 68 => GuardTextKind.UsefulAnswer,
        < 73 => GuardTextKind.Refusal,
        _ => GuardTextKind.OtherText,
    };
}
