using GenAiLab.ServiceDefaults.Security;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace GenAiLab.ServiceDefaults;

/// <summary>
/// A call whose bytes are no message of its method ends with INVALID_ARGUMENT. gRPC reads the only message of a call
/// before any interceptor runs; what its parser throws would end the call with UNKNOWN, and write an error with its
/// stack into the log as often as a caller likes.
/// </summary>
internal static partial class UnreadableMessages
{
    private const string Handler = "Grpc.AspNetCore.Server.ServerCallHandler";
    private const string Library = "Grpc.AspNetCore.Server";

    // What gRPC says of an exception that is no RpcException; the handlers' own never get so far (ErrorInterceptor).
    private const string AnyException = "Exception was thrown by handler.";

    public static RpcException Error => new(new Status(StatusCode.InvalidArgument, "the message cannot be read"));

    /// <summary>Whether an exception says that a message of a stream cannot be read.</summary>
    public static bool Is(Exception error) => error is InvalidProtocolBufferException or IOException { Source: Library };

    /// <summary>The library's own report of such a call is held back: ours is a line, and tells as much.</summary>
    public static void Add(IHostApplicationBuilder builder) => builder.Logging.AddFilter(Handler, LogLevel.Critical);

    public static void UseUnreadableMessages(this WebApplication app)
    {
        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(UnreadableMessages));
        app.Use(async (context, next) =>
        {
            await next(context);
            if (!context.Response.HasStarted && ErrorResponse.IsGrpc(context.Request) && context.Response.Headers["grpc-message"] == AnyException)
            {
                LogUnreadable(logger, context.Request.Path);
                context.Response.Clear();
                await ErrorResponse.WriteAsync(context, Error);
            }
        });
    }

    [LoggerMessage(EventId = 49, Level = LogLevel.Information, Message = "A message to {Method} cannot be read")]
    private static partial void LogUnreadable(ILogger logger, string method);
}
