using GenAiLab.Orchestrator.Downstream;
using GenAiLab.Orchestrator.Requests;
using GenAiLab.Orchestrator.Telemetry;
using GenAiLab.Orchestrator.Vocabulary;
using GenAiLab.ServiceDefaults.Health;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator;

/// <summary>
/// Reports SERVING once the tokenizer and the decoder answer, the default model is ready and its
/// vocabulary is here. Asks again with growing pauses until then, so the order in which services start
/// does not matter. Once ready it stays so: a service that goes away later fails single calls with
/// UNAVAILABLE, and they work again when it is back.
/// </summary>
internal sealed class Readiness(
    [FromKeyedServices(Readiness.Name)] ServiceReadiness readiness,
    ModelCatalogue catalogue, GenerationPlanner planner, PieceCache cache, TimeProvider time, ILogger<Readiness> logger) : BackgroundService
{
    public const string Name = "orchestrator";

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield(); // The host's start does not wait for the first attempt.
        string? said = null;
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            var (reason, final) = await CheckAsync(stoppingToken);
            if (reason is null)
            {
                readiness.MarkReady();
                return;
            }

            if (final)
            {
                readiness.MarkNotReady(reason);
            }

            if (reason != said)
            {
                logger.Waiting(reason);
                said = reason;
            }

            await Task.Delay(pause, time, stoppingToken);
        }
    }

    /// <returns>What is missing, or null; and whether waiting alone will not mend it.</returns>
    private async Task<(string? Reason, bool Final)> CheckAsync(CancellationToken stoppingToken)
    {
        try
        {
            var options = new CallOptions(deadline: DateTime.UtcNow + AttemptTimeout, cancellationToken: stoppingToken);
            var listing = await catalogue.ListAsync(options);
            var model = listing.Decoders.FirstOrDefault(decoder => decoder.Name == listing.DefaultDecoder);
            switch (model?.State)
            {
                case ModelState.Ready:
                    var vocabulary = await planner.FindVocabularyAsync(model, options);
                    await cache.GetAsync(vocabulary, options);
                    logger.Ready(model.Name, vocabulary.Name);
                    return (null, false);
                case ModelState.Failed:
                    return ($"model '{model.Name}' could not be loaded: {model.Failure}", true);
                case null when listing.DefaultDecoder.Length > 0 && listing.Decoders.Count > 0:
                    return ($"the default model '{listing.DefaultDecoder}' does not exist", true);
                default:
                    return ("the default model is being loaded", false);
            }
        }
        catch (RpcException error)
        {
            return (error.Status.Detail, error.StatusCode is StatusCode.FailedPrecondition or StatusCode.NotFound);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            logger.ReadinessCheckFailed(error);
            return ("the readiness check failed; the log says more", false);
        }
    }
}
