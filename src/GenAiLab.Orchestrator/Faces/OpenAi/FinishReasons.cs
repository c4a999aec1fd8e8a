using GenAiLab.V1;

namespace GenAiLab.Orchestrator.Faces.OpenAi;

/// <summary>Why a choice ended, in OpenAI's words.</summary>
internal static class FinishReasons
{
    public const string ToolCalls = "tool_calls";

    public static string Of(GenerationFinished finished) => finished.Reason switch
    {
        FinishReason.MaxTokens or FinishReason.ContextFull => "length",
        FinishReason.Guard => "content_filter",
        _ => "stop",
    };
}
