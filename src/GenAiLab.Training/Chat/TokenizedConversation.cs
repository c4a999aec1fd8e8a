namespace GenAiLab.Training.Chat;

/// <summary>A conversation as token ids, from the beginning of the sequence to the end of its last turn.</summary>
/// <param name="Ids">The ids.</param>
/// <param name="Answered">For each of them whether the assistant said it.</param>
public sealed record TokenizedConversation(int[] Ids, bool[] Answered)
{
    /// <summary>Encodes a conversation.</summary>
    public static TokenizedConversation From(ChatFormat format, Conversation conversation)
    {
        var (ids, answered) = format.Encode(conversation.Messages);
        return new TokenizedConversation(ids, answered);
    }
}
