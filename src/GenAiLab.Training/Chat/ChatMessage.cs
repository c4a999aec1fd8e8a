namespace GenAiLab.Training.Chat;

/// <summary>A turn of a conversation.</summary>
/// <param name="Role"><see cref="User"/> or <see cref="Assistant"/>.</param>
/// <param name="Content">What was said; begins with a letter, no special tokens.</param>
public sealed record ChatMessage(string Role, string Content)
{
    /// <summary>The one who asks.</summary>
    public const string User = "user";

    /// <summary>The model.</summary>
    public const string Assistant = "assistant";
}

/// <summary>A conversation that supervised fine-tuning learns from; the loss counts on the assistant's turns only.</summary>
/// <param name="Messages">In order; user first, roles in turn, the assistant last.</param>
public sealed record Conversation(IReadOnlyList<ChatMessage> Messages);

/// <summary>Two answers to one conversation, ranked.</summary>
/// <param name="Prompt">Ends with a user's turn.</param>
/// <param name="Chosen">The better answer.</param>
/// <param name="Rejected">The worse one.</param>
/// <param name="Source">Who ranked: "rule" for the rating rule, otherwise a person's name.</param>
public sealed record PreferencePair(IReadOnlyList<ChatMessage> Prompt, string Chosen, string Rejected, string Source);
