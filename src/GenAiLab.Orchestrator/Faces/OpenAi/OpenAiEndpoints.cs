using System.Diagnostics;
using GenAiLab.Orchestrator.Telemetry;
using GenAiLab.Security.ApiKeys;
using GenAiLab.ServiceDefaults.Security;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Faces.OpenAi;

/// <summary>
/// OpenAI's HTTP interface, as far as the contract carries it; what would change an answer and is not carried is
/// refused by name. Left out: what needs state between calls (responses, assistants, files, batches).
/// </summary>
internal static class OpenAiEndpoints
{
    public static void AddOpenAi(this IServiceCollection services)
    {
        services.AddSingleton<ModelFace>();
        services.AddSingleton<CompletionFace>();
        services.AddSingleton<ChatFace>();
        services.AddSingleton<EmbeddingFace>();
    }

    public static void MapOpenAi(this IEndpointRouteBuilder endpoints)
    {
        var services = endpoints.ServiceProvider;
        var logger = services.GetRequiredService<ILogger<OpenAiErrorFormat>>();
        var face = endpoints.MapGroup("/v1").WithMetadata(new RequiresScopeAttribute(ApiScopes.Generate), new OpenAiErrorFormat());
        face.MapGet("/models", Answer(logger, services.GetRequiredService<ModelFace>().ListAsync, OpenAiNames.OfCompletion));
        face.MapGet("/models/{id}", Answer(logger, services.GetRequiredService<ModelFace>().GetAsync, OpenAiNames.OfCompletion));
        face.MapPost("/completions", Answer(logger, services.GetRequiredService<CompletionFace>().RunAsync, OpenAiNames.OfCompletion));
        face.MapPost("/chat/completions", Answer(logger, services.GetRequiredService<ChatFace>().RunAsync, OpenAiNames.OfChat));
        face.MapPost("/embeddings", Answer(logger, services.GetRequiredService<EmbeddingFace>().RunAsync, OpenAiNames.OfEmbedding));
    }

    /// <summary>An error before the answer is a status and a body; one within a stream is its last event.</summary>
    private static RequestDelegate Answer(ILogger logger, Func<HttpContext, Task> handler, Func<string, string> nameOf) => async context =>
    {
        context.Response.Headers["x-request-id"] = Activity.Current?.TraceId.ToHexString() ?? context.TraceIdentifier;
        ErrorText error;
        try
        {
            await handler(context);
            return;
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody reads any more; the status is for the logs.
            if (!context.Response.HasStarted)
            {
                context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            }

            return;
        }
        catch (RpcException status)
        {
            error = ErrorText.Of(status, nameOf);
        }
        catch (BadHttpRequestException refused)
        {
            error = new ErrorText(refused.StatusCode == StatusCodes.Status413PayloadTooLarge ? "the body is too long" : refused.Message, ErrorText.InvalidRequest, null, null)
            {
                Status = refused.StatusCode,
            };
        }
        catch (Exception failure)
        {
            logger.FaceFailed(failure, context.Request.Path);
            error = new ErrorText("the service failed; its log says more", "server_error", null, null) { Status = StatusCodes.Status500InternalServerError };
        }

        await (context.Response.HasStarted
            ? OpenAiResponse.WriteEventAsync(context, new ErrorBody(error))
            : OpenAiResponse.WriteErrorAsync(context, error));
    };
}
