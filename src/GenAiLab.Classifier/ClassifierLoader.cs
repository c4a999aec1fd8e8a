using GenAiLab.Classifier.Folders;
using GenAiLab.Models.Folders;
using GenAiLab.ServiceDefaults.Health;

namespace GenAiLab.Classifier;

/// <summary>Loads every classifier once, after the ports are open; a broken folder does not stop the rest.</summary>
internal sealed partial class ClassifierLoader(
    ClassifierCatalog catalog,
    [FromKeyedServices(ClassifierServiceExtensions.ServiceName)] ServiceReadiness readiness,
    IConfiguration configuration,
    IHostEnvironment environment,
    ILogger<ClassifierLoader> logger) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.Run(() => Load(stoppingToken), stoppingToken);

    private void Load(CancellationToken stopping)
    {
        var folders = Folders(out var obstacle);
        catalog.BeginLoading(folders.Select(static folder => Path.GetFileName(folder)));
        var threads = Math.Clamp(configuration.GetValue("Classifier:Threads", 1), 1, 256);
        var served = 0;
        foreach (var folder in folders)
        {
            stopping.ThrowIfCancellationRequested();
            var name = Path.GetFileName(folder);
            try
            {
                if (ClassifierFolder.Open(folder, threads) is not { } model)
                {
                    catalog.Forget(name);
                    continue;
                }

                catalog.Serve(model);
                served++;
                LogLoaded(name, model.Labels.Count, model switch { ImageClassifier => "images", FilmClassifier => "films", SoundClassifier => "sounds", _ => "texts" });
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                var reason = error is ModelFolderException ? error.Message : "cannot be loaded";
                catalog.Refuse(name, reason);
                obstacle = $"no classifier can be used; '{name}': {reason}";
                LogRefused(error.InnerException ?? error, name, reason);
            }
        }

        if (served > 0)
        {
            readiness.MarkReady();
        }
        else
        {
            readiness.MarkNotReady(obstacle);
            LogNone(obstacle);
        }
    }

    private string[] Folders(out string obstacle)
    {
        obstacle = "no folder holds a classifier: config.json with id2label, model.onnx, and tokenizer.json or preprocessor_config.json";
        try
        {
            var root = ModelsRoot.Find(configuration["Models:Root"], environment.ContentRootPath);
            return [.. ModelsRoot.Folders(root).Where(ClassifierFolder.MayBeClassifier)];
        }
        catch (Exception error) when (error is ModelFolderException or IOException or UnauthorizedAccessException)
        {
            obstacle = error is ModelFolderException ? error.Message : "the models folder cannot be read";
            return [];
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "Classifier {Name}: {Labels} labels of {Inputs}")]
    private partial void LogLoaded(string name, int labels, string inputs);

    [LoggerMessage(EventId = 2, Level = LogLevel.Error, Message = "Classifier {Name} is refused: {Reason}")]
    private partial void LogRefused(Exception error, string name, string reason);

    [LoggerMessage(EventId = 3, Level = LogLevel.Warning, Message = "Not serving: {Reason}")]
    private partial void LogNone(string reason);
}
