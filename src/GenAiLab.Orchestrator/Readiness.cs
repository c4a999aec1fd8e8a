using GenAiLab.Orchestrator.Downstream;
using GenAiLab.Orchestrator.Requests;
using GenAiLab.Orchestrator.Telemetry;
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
    ModelCatalogue catalogue, GenerationPlanner planner, TimeProvider time, ILogger<Readiness> logger) : BackgroundService
{
    public const string Name = "orchestrator";

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(10);

    // A decoder lists no model before it has looked into its folders, which takes no time worth mentioning.
    private static readonly TimeSpan PatienceWithNoModel = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan PatienceWithSilence = TimeSpan.FromSeconds(60);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield(); // The host's start does not wait for the first attempt.
        var began = time.GetTimestamp();
        string? said = null;
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            var (reason, patience) = await CheckAsync(stoppingToken);
            if (reason is null)
            {
                readiness.MarkReady();
                return;
            }

            if (reason != said)
            {
                logger.Waiting(reason);
                said = reason;
            }

            if (time.GetElapsedTime(began) >= patience)
            {
                readiness.MarkNotReady(reason);
            }

            await Task.Delay(pause, time, stoppingToken);
        }
    }

    /// <returns>What is missing, or null; and how long after the start it may still be mere loading.</returns>
    private async Task<(string? Reason, TimeSpan Patience)> CheckAsync(CancellationToken stoppingToken)
    {
        try
        {
            var options = new CallOptions(deadline: DateTime.UtcNow + AttemptTimeout, cancellationToken: stoppingToken);
            var listing = await catalogue.ListAsync(options);
            var model = listing.Decoders.FirstOrDefault(decoder => decoder.Name == listing.DefaultDecoder);
            switch (model?.State)
            {
                case ModelState.Ready:
                    var vocabulary = await planner.WarmUpAsync(model, options);
                    logger.Ready(model.Name, vocabulary.Name);
                    return (null, default);
                case ModelState.Failed:
                    return ($"model '{model.Name}' could not be loaded: {model.Failure}", TimeSpan.Zero);
                case null when listing.Decoders.Count == 0:
                    return ("the decoder has no model", PatienceWithNoModel);
                case null:
                    return ($"the default model '{listing.DefaultDecoder}' does not exist", TimeSpan.Zero);
                default:
                    return ($"model '{model.Name}' is being loaded", TimeSpan.MaxValue);
            }
        }
        catch (RpcException error)
        {
            var mends = error.StatusCode is not (StatusCode.FailedPrecondition or StatusCode.NotFound);
            return (error.Status.Detail, mends ? PatienceWithSilence : TimeSpan.Zero);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            logger.ReadinessCheckFailed(error);
            return ("the readiness check failed; the log says more", PatienceWithSilence);
        }
    }
}
