namespace GenAiLab.Orchestrator.Calls;

/// <summary>The calls beside Generate and what they need.</summary>
internal sealed record DerivedCalls(ChatCall Chat, CompareCall Compare, ScoreCall Score, EmbedCall Embed);
