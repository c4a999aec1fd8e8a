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

    [LoggerMessage(EventId = 120, Level = LogLevel.Information, Message = "Decoder {Address} is used")]
    public static partial void ReplicaFound(this ILogger logger, Uri address);

    [LoggerMessage(EventId = 121, Level = LogLevel.Information, Message = "Decoder {Address} is no longer used")]
    public static partial void ReplicaGone(this ILogger logger, Uri address);

    [LoggerMessage(EventId = 122, Level = LogLevel.Warning, Message = "Decoder {Address} is ejected: {Status}")]
    public static partial void ReplicaEjected(this ILogger logger, Uri address, Grpc.Core.StatusCode status);

    [LoggerMessage(EventId = 123, Level = LogLevel.Information, Message = "Decoder {Address} is back")]
    public static partial void ReplicaReturned(this ILogger logger, Uri address);

    [LoggerMessage(EventId = 124, Level = LogLevel.Warning, Message = "The decoders' addresses could not be looked up: {Reason}")]
    public static partial void ReplicasNotResolved(this ILogger logger, string reason);

    [LoggerMessage(EventId = 125, Level = LogLevel.Information, Message = "A stream leaves decoder {Address} after {Tokens} tokens: {Reason}")]
    public static partial void StreamMoves(this ILogger logger, string address, int tokens, string reason);

    [LoggerMessage(EventId = 130, Level = LogLevel.Error, Message = "A model's part of a comparison failed")]
    public static partial void CompareFailed(this ILogger logger, Exception error);

    [LoggerMessage(EventId = 126, Level = LogLevel.Warning, Message = "A stream goes on without guesses of {Model}: {Reason}")]
    public static partial void GuessingGivenUp(this ILogger logger, string model, string reason);

    [LoggerMessage(EventId = 110, Level = LogLevel.Debug, Message = "Generated {Tokens} tokens with {Model}: {Reason}")]
    public static partial void Generated(this ILogger logger, int tokens, string model, V1.FinishReason reason);

    [LoggerMessage(EventId = 140, Level = LogLevel.Error, Message = "{Path} failed")]
    public static partial void FaceFailed(this ILogger logger, Exception error, string path);
}
