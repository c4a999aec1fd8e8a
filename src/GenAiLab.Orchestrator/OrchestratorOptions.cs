namespace GenAiLab.Orchestrator;

/// <summary>What an operator may change.</summary>
/// <param name="CaptureContent">Configuration <c>Telemetry:CaptureContent</c>: puts prompts and texts on the spans. Off by default: they are the users'.</param>
internal sealed record OrchestratorOptions(bool CaptureContent);
