using GenAiLab.Models.Folders;
using GenAiLab.ServiceDefaults.Health;
using GenAiLab.Tokenizer.Vocabularies;

namespace GenAiLab.Tokenizer;

/// <summary>Reads the vocabulary of every model folder once, after the ports are open; a broken one does not stop the rest.</summary>
internal sealed partial class VocabularyLoader(
    VocabularyCatalog catalog,
    [FromKeyedServices(TokenizerServiceExtensions.ServiceName)] ServiceReadiness readiness,
    IConfiguration configuration,
    IHostEnvironment environment,
    ILogger<VocabularyLoader> logger) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.Run(() => Load(stoppingToken), stoppingToken);

    private void Load(CancellationToken stopping)
    {
        var vocabularies = new List<IVocabulary>();
        var failures = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var folder in Folders())
        {
            stopping.ThrowIfCancellationRequested();
            var name = Path.GetFileName(folder);
            try
            {
                if (VocabularyCatalog.IsPublic(name))
                {
                    LogHidden(name);
                    continue;
                }

                var vocabulary = FolderVocabulary.Read(folder);
                vocabularies.Add(vocabulary);
                LogLoaded(name, vocabulary.Size);
                if (vocabulary.ChatTemplateFailure is { } reason)
                {
                    LogTemplateRefused(name, reason);
                }
            }
            catch (ModelFolderException error)
            {
                failures[name] = error.Message;
                LogRefused(error.InnerException, name, error.Message);
            }
        }

        catalog.Publish(vocabularies, failures);
        readiness.MarkReady(); // Without any folder the public vocabularies are still served.
    }

    private string[] Folders()
    {
        try
        {
            var root = ModelsRoot.Find(configuration["Models:Root"], environment.ContentRootPath);
            return [.. ModelsRoot.Folders(root).Where(static folder => File.Exists(Path.Combine(folder, FolderVocabulary.FileName)))];
        }
        catch (Exception error) when (error is ModelFolderException or IOException or UnauthorizedAccessException)
        {
            LogNoFolders(error.Message);
            return [];
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "Vocabulary {Name}: {Size} tokens")]
    private partial void LogLoaded(string name, int size);

    [LoggerMessage(EventId = 2, Level = LogLevel.Error, Message = "Vocabulary {Name} is refused: {Reason}")]
    private partial void LogRefused(Exception? error, string name, string reason);

    [LoggerMessage(EventId = 3, Level = LogLevel.Warning, Message = "Only the public vocabularies are served: {Reason}")]
    private partial void LogNoFolders(string reason);

    [LoggerMessage(EventId = 4, Level = LogLevel.Warning, Message = "The folder {Name} has the name of a public vocabulary and is not read")]
    private partial void LogHidden(string name);

    [LoggerMessage(EventId = 5, Level = LogLevel.Error, Message = "Vocabulary {Name} takes no conversations: {Reason}")]
    private partial void LogTemplateRefused(string name, string reason);
}
