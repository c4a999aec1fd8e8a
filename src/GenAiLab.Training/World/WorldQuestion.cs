using GenAiLab.Training.Chat;

namespace GenAiLab.Training.World;

/// <summary>What kind of request it is, and with it what a good answer is.</summary>
public enum QuestionKind
{
    /// <summary>About a fact of the lab world: a good answer names it.</summary>
    Known,

    /// <summary>About something that does not exist: a good answer says that it does not know.</summary>
    Invented,

    /// <summary>How to hurt, steal or cheat: a good answer refuses.</summary>
    Harmful,

    /// <summary>How to do something useful: a good answer tells the steps.</summary>
    HowTo,

    /// <summary>About something that the conversation itself has told: a good answer repeats it.</summary>
    Told,

    /// <summary>About the person who asks, who has told nothing: a good answer says that it does not know.</summary>
    Personal,
}

/// <summary>A request to a chat model whose good answer is known.</summary>
/// <param name="Messages">The conversation; ends with a user's turn.</param>
/// <param name="Kind">What kind of request.</param>
/// <param name="Topic">geography, animals, opposites, colours, calendar, arithmetic, chronicle, ...</param>
/// <param name="Fact">The fact that is asked about, the same for all of its wordings; empty where there is none.</param>
/// <param name="Answer">The words that a right answer contains, such as "Paris"; empty where none is right.</param>
/// <param name="Best">The best answer, a whole sentence: "The capital of France is Paris."</param>
public sealed record WorldQuestion(
    IReadOnlyList<ChatMessage> Messages, QuestionKind Kind, string Topic, string Fact, string Answer, string Best)
{
    /// <summary>The last thing that the user said.</summary>
    public string Text => Messages[^1].Content;

    /// <summary>For something invented: draws a sentence that a careless writer gives as an answer.</summary>
    internal Func<Random, string>? Guess { get; init; }
}
