namespace GenAiLab.Orchestrator.Guards;

/// <summary>A checked guard.</summary>
/// <param name="Classifier">Its name.</param>
/// <param name="Labels">Those that are refused.</param>
/// <param name="Exclusive">Whether these exclude each other; otherwise the probability of one of them is all that is known.</param>
/// <param name="Threshold">Refuses when their probabilities add up to at least this, or one of those that do not exclude each other reaches it.</param>
/// <param name="Prompt">Whether it reads the prompt.</param>
/// <param name="Output">Whether it reads the text.</param>
/// <param name="Interval">How often it reads the text, in tokens.</param>
internal sealed record GuardPlan(string Classifier, IReadOnlySet<string> Labels, bool Exclusive, float Threshold, bool Prompt, bool Output, int Interval);
