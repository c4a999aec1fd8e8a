using GenAiLab.Inference;
using GenAiLab.Orchestrator.Telemetry;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Faces.KServe;

/// <summary>
/// Several requests in flight on one stream: so many run at a time, and the next one is read when one has ended. A
/// response waits for the client to take it, so a slow one holds as many responses as it has requests in flight.
/// </summary>
internal sealed class InferStream(InferModels models, ILogger logger)
{
    /// <summary>Requests of one stream that run at a time.</summary>
    public const int MaximumInFlight = 8;

    /// <summary>Triton's name for the parameter that marks the last response to a request.</summary>
    public const string FinalResponse = "triton_final_response";

    public async Task RunAsync(
        IAsyncStreamReader<ModelInferRequest> requests, IServerStreamWriter<ModelStreamInferResponse> responses, ServerCallContext context)
    {
        var cancellation = context.CancellationToken;
        using var places = new SemaphoreSlim(MaximumInFlight);
        using var writing = new SemaphoreSlim(1);
        var running = new HashSet<Task>();
        try
        {
            await places.WaitAsync(cancellation);
            while (await requests.MoveNext(cancellation))
            {
                var request = requests.Current;
                running.RemoveWhere(static task => task.IsCompletedSuccessfully);
                running.Add(AnswerAsync(request));
                await places.WaitAsync(cancellation);
            }
        }
        finally
        {
            // Those that run write to the stream, which must be there until they have ended.
            await Task.WhenAll(running);
        }

        async Task AnswerAsync(ModelInferRequest request)
        {
            try
            {
                await models.AnswerAsync(request, mayStream: true, response => WriteAsync(new ModelStreamInferResponse { InferResponse = response }), context);
            }
            catch (RpcException error) when (!cancellation.IsCancellationRequested)
            {
                await WriteAsync(Failed(request, $"{ServiceDefaults.Telemetry.RpcStatus.Name(error.StatusCode)}: {error.Status.Detail}"));
            }
            catch (Exception error) when (!cancellation.IsCancellationRequested)
            {
                logger.FaceFailed(error, context.Method);
                await WriteAsync(Failed(request, "INTERNAL: the service failed; its log says more"));
            }
            finally
            {
                places.Release();
            }
        }

        async Task WriteAsync(ModelStreamInferResponse response)
        {
            await writing.WaitAsync(cancellation);
            try
            {
                await responses.WriteAsync(response, cancellation);
            }
            finally
            {
                writing.Release();
            }
        }
    }

    private static ModelStreamInferResponse Failed(ModelInferRequest request, string message) => new()
    {
        ErrorMessage = message,
        InferResponse = new ModelInferResponse
        {
            ModelName = request.ModelName,
            Id = request.Id,
            Parameters = { [FinalResponse] = new InferParameter { BoolParam = true } },
        },
    };
}
