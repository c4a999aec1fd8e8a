using GenAiLab.Decoder.Engine;
using GenAiLab.Decoder.Graphs;
using GenAiLab.Models.Folders;
using GenAiLab.ServiceDefaults.Health;
using Microsoft.Extensions.Options;

namespace GenAiLab.Decoder.Serving;

/// <summary>
/// Loads the models while the service already answers, and ends them when it stops. A folder that is
/// refused is listed as failed; the others serve.
/// </summary>
internal sealed partial class DecoderLoader(
    DecoderCatalog catalog,
    DecoderTelemetry telemetry,
    [FromKeyedServices("decoder")] ServiceReadiness readiness,
    IOptions<DecoderOptions> options,
    IConfiguration configuration,
    IHostEnvironment environment,
    IHostApplicationLifetime lifetime,
    ILogger<DecoderLoader> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        var loaded = 0;
        try
        {
            // The web server waits for open calls when it stops; idle step streams would never end.
            using var ending = lifetime.ApplicationStopping.Register(StopEngines);
            var folders = Folders(ModelsRoot.Find(configuration["Models:Root"], environment.ContentRootPath));
            catalog.Announce(folders.Select(static folder => (Name(folder), File.Exists(Path.Combine(folder, "tokenizer.json")) ? Name(folder) : "")));
            foreach (var folder in folders)
            {
                stoppingToken.ThrowIfCancellationRequested();
                loaded += await Task.Run(() => TryLoad(folder), stoppingToken) ? 1 : 0;
            }

            if (loaded > 0)
            {
                readiness.MarkReady();
            }
            else
            {
                readiness.MarkNotReady(folders.Count == 0
                    ? $"no model folder has a {GenAiConfig.FileName}"
                    : $"no decoder could be loaded: {string.Join("; ", catalog.Describe().Select(static model => $"{model.Name}: {model.Failure}"))}");
            }

            await Task.Delay(Timeout.Infinite, stoppingToken);
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

    private static string Name(string folder) => Path.GetFileName(folder);

    private static List<string> Folders(string root)
    {
        try
        {
            return [.. Directory.EnumerateDirectories(root).Where(static folder => File.Exists(Path.Combine(folder, GenAiConfig.FileName))).Order(StringComparer.Ordinal)];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelFolderException(ModelsRoot.FolderName, "the folder cannot be read", error);
        }
    }

    private void StopEngines()
    {
        foreach (var engine in catalog.Engines)
        {
            engine.RequestStop();
        }
    }

    private bool TryLoad(string folder)
    {
        var name = Name(folder);
        try
        {
            var graph = DecoderGraph.Load(folder, options.Value);
            catalog.SetReady(name, new DecodeEngine(name, graph, options.Value, telemetry, logger));
            LogLoaded(logger, name, graph.Config.ContextLength, options.Value.Slots);
            return true;
        }
        catch (ModelFolderException error)
        {
            LogRefused(logger, error, name);
            catalog.SetFailed(name, error.Message);
        }
        catch (Exception error)
        {
            LogRefused(logger, error, name);
            catalog.SetFailed(name, error is OutOfMemoryException ? "there is not enough memory for it" : "it could not be loaded");
        }

        return false;
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "Loaded {Model}: {ContextLength} tokens of context, {Slots} slots")]
    private static partial void LogLoaded(ILogger logger, string model, int contextLength, int slots);

    [LoggerMessage(EventId = 2, Level = LogLevel.Error, Message = "Refused the folder of {Model}")]
    private static partial void LogRefused(ILogger logger, Exception error, string model);

    [LoggerMessage(EventId = 3, Level = LogLevel.Error, Message = "The models could not be read")]
    private static partial void LogLoaderFailed(ILogger logger, Exception error);
}
