using GenAiLab.V1;

namespace GenAiLab.Orchestrator.Faces;

/// <summary>What a generation says, whether it came by Generate or by Chat.</summary>
/// <param name="Candidate">Which candidate it is of, from 0 on.</param>
internal abstract record FaceEvent(int Candidate);

/// <summary>It begins.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Vocabulary">The model's vocabulary; null where it is not told.</param>
/// <param name="Prompt">The prompt's tokens; none where they are not told.</param>
internal sealed record FaceStarted(string Model, VocabularyIdentity? Vocabulary, IReadOnlyList<TokenPiece> Prompt) : FaceEvent(0);

/// <summary>More of the text, which may be none yet, and the token that it came with.</summary>
/// <param name="Candidate">Which candidate.</param>
/// <param name="Text">What can be shown now.</param>
/// <param name="Token">Null where tokens are not told.</param>
internal sealed record FaceText(int Candidate, string Text, GeneratedToken? Token) : FaceEvent(Candidate);

/// <summary>The model asks for a call.</summary>
internal sealed record FaceToolCall(int Candidate, ToolCall Call) : FaceEvent(Candidate);

/// <summary>The candidate has ended; its last text was in a <see cref="FaceText"/> before.</summary>
internal sealed record FaceFinished(int Candidate, GenerationFinished Finished) : FaceEvent(Candidate);
