using GenAiLab.V1;
using Google.Protobuf.Collections;

namespace GenAiLab.Orchestrator.Requests;

/// <summary>A prompt in tokens.</summary>
/// <param name="Vocabulary">Whose tokens they are.</param>
/// <param name="Tokens">Ids and bytes, special tokens included.</param>
/// <param name="Conversation">The messages that it spells; none where it is a text or tokens.</param>
internal sealed record EncodedPrompt(VocabularyIdentity Vocabulary, RepeatedField<TokenPiece> Tokens, IReadOnlyList<ChatMessage> Conversation)
{
    /// <summary>Tokens that were left out for it to fit.</summary>
    public int CutTokens { get; init; }

    /// <summary>Indices of the messages that were left out.</summary>
    public IReadOnlyList<int> CutMessages { get; init; } = [];

    /// <summary>Words of its text that are the unknown token, each once.</summary>
    public IReadOnlyList<string> UnknownWords { get; init; } = [];
}
