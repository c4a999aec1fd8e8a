namespace GenAiLab.Orchestrator.Telemetry;

/// <summary>What the orchestrator logs. Event ids are stable.</summary>
internal static partial class Log
{
    [LoggerMessage(EventId = 100, Level = LogLevel.Information, Message = "Ready: model {Model}, vocabulary {Vocabulary}")]
    public static partial void Ready(this ILogger logger, string model, string vocabulary);

    [LoggerMessage(EventId = 101, Level = LogLevel.Information, Message = "Waiting: {Reason}")]
    public static partial void Waiting(this ILogger logger, string reason);

    [LoggerMessage(EventId = 103, Level = LogLevel.Error, Message = "The readiness check failed")]
    public static partial void ReadinessCheckFailed(this ILogger logger, Exception error);

    [LoggerMessage(EventId = 110, Level = LogLevel.Debug, Message = "Generated {Tokens} tokens with {Model}: {Reason}")]
    public static partial void Generated(this ILogger logger, int tokens, string model, V1.FinishReason reason);
}
