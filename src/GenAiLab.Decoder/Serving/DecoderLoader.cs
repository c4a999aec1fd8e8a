using GenAiLab.Models.Folders;
using GenAiLab.ServiceDefaults.Health;
using Microsoft.Extensions.Options;

namespace GenAiLab.Decoder.Serving;

/// <summary>
/// Loads the models while the service already answers, watches over their engines, and ends them when it
/// stops. A folder that is refused is listed as failed; the others serve.
/// </summary>
internal sealed partial class DecoderLoader(
    DecoderCatalog catalog,
    ModelLoading loading,
    [FromKeyedServices("decoder")] ServiceReadiness readiness,
    IOptions<DecoderOptions> options,
    ILogger<DecoderLoader> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        try
        {
            var folders = loading.Folders();
            loading.Announce(folders);
            var loaded = 0;
            foreach (var folder in folders)
            {
                loaded += await loading.LoadAsync(folder, stoppingToken) ? 1 : 0;
            }

            if (loaded > 0)
            {
                MarkReady();
                await WatchAsync(stoppingToken);
            }
            else
            {
                readiness.MarkNotReady(folders.Count == 0
                    ? $"no model folder holds a decoder: a {GenAiConfig.FileName}, or a {HuggingFaceConfig.FileName} of one"
                    : $"no decoder could be loaded: {string.Join("; ", catalog.Describe().Select(static model => $"{model.Name}: {model.Failure}"))}");
                await Task.Delay(Timeout.Infinite, stoppingToken);
            }
        }
        catch (ModelFolderException error)
        {
            catalog.Announce([]);
            readiness.MarkNotReady(error.Message);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
        catch (Exception error)
        {
            LogLoaderFailed(logger, error);
            readiness.MarkNotReady("the models could not be read");
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        foreach (var engine in catalog.Engines)
        {
            await engine.DisposeAsync();
        }
    }

    // A run that does not end cannot be interrupted safely; whoever routes calls has to know of it.
    private async Task WatchAsync(CancellationToken stoppingToken)
    {
        var limit = options.Value.RunTimeout;
        using var timer = new PeriodicTimer(TimeSpan.FromTicks(Math.Clamp(limit.Ticks / 8, TimeSpan.TicksPerMillisecond * 10, TimeSpan.TicksPerSecond)));
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var obstacle = catalog.Engines.Select(engine => engine.Failure
                ?? (engine.RunningFor > limit ? $"a run of the model has taken over {limit.TotalSeconds:0.###} s" : null)).FirstOrDefault(static reason => reason is not null);
            if (obstacle is not null && readiness.IsReady)
            {
                LogUnhealthy(logger, obstacle);
                readiness.MarkNotReady(obstacle);
            }
            else if (obstacle is null && !readiness.IsReady)
            {
                MarkReady();
            }
        }
    }

    private void MarkReady()
    {
        if (!catalog.IsDraining)
        {
            readiness.MarkReady();
        }
    }

    [LoggerMessage(EventId = 3, Level = LogLevel.Error, Message = "The models could not be read")]
    private static partial void LogLoaderFailed(ILogger logger, Exception error);

    [LoggerMessage(EventId = 5, Level = LogLevel.Error, Message = "Unhealthy: {Obstacle}")]
    private static partial void LogUnhealthy(ILogger logger, string obstacle);
}
