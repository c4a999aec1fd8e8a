using System.Collections.Concurrent;
using GenAiLab.Classifier.Folders;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;

namespace GenAiLab.Classifier;

/// <summary>The classifiers by name and how far each has come. Thread-safe; written by the loader alone.</summary>
internal sealed class ClassifierCatalog(IConfiguration configuration) : IDisposable
{
    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private volatile bool _listed;

    /// <summary>What an empty name means.</summary>
    public string DefaultName { get; } = configuration["Models:DefaultClassifier"] is { Length: > 0 } name ? name : "lab-topics";

    /// <summary>Names all that will be loaded.</summary>
    public void BeginLoading(IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            _entries[name] = new Entry(null, null);
        }

        _listed = true;
    }

    /// <summary>Serves a model from now on.</summary>
    public void Serve(ClassifierModel model) => _entries[model.Name] = new Entry(model, null);

    /// <summary>Refuses a folder, with the reason that callers are told.</summary>
    public void Refuse(string name, string reason) => _entries[name] = new Entry(null, reason);

    /// <summary>Forgets a folder that turned out to be another kind of model.</summary>
    public void Forget(string name) => _entries.TryRemove(name, out _);

    /// <summary>The model of that name, or the default one where it is empty.</summary>
    /// <exception cref="Grpc.Core.RpcException">NOT_FOUND, FAILED_PRECONDITION or, while it loads, UNAVAILABLE.</exception>
    public ClassifierModel Find(string name)
    {
        name = name.Length == 0 ? DefaultName : name;
        if (!_listed)
        {
            throw RpcErrors.Unavailable("the classifiers are being loaded; try again in a moment");
        }

        return _entries.TryGetValue(name, out var entry)
            ? entry switch
            {
                { Model: { } model } => model,
                { Failure: { } reason } => throw RpcErrors.FailedPrecondition($"classifier '{name}' cannot be used: {reason}"),
                _ => throw RpcErrors.Unavailable($"classifier '{name}' is being loaded; try again in a moment"),
            }
            : throw RpcErrors.NotFound("classifier", name, _entries.Keys.Order(StringComparer.Ordinal));
    }

    /// <summary>The first by name that takes media of this kind; null where none that is loaded does.</summary>
    public ClassifierModel? FindFor<T>()
        where T : ClassifierModel =>
        _entries.Where(static entry => entry.Value.Model is T).OrderBy(static entry => entry.Key, StringComparer.Ordinal).FirstOrDefault().Value?.Model;

    /// <summary>All of them, by name.</summary>
    public IEnumerable<ClassifierDescription> List() => _entries.OrderBy(static entry => entry.Key, StringComparer.Ordinal).Select(static entry =>
    {
        if (entry.Value.Model is { } model)
        {
            return Describe(model);
        }

        // Which it takes is not known yet.
        var state = entry.Value.Failure is null ? ModelState.Loading : ModelState.Failed;
        return new ClassifierDescription { Name = entry.Key, State = state, Failure = entry.Value.Failure ?? "" };
    });

    public void Dispose()
    {
        foreach (var entry in _entries.Values)
        {
            entry.Model?.Dispose();
        }
    }

    private static ClassifierDescription Describe(ClassifierModel model)
    {
        var description = new ClassifierDescription
        {
            Name = model.Name,
            State = ModelState.Ready,
            Labels = { model.Labels },
            ExclusiveLabels = model.Exclusive,
        };
        switch (model)
        {
            case TextClassifier text:
                description.Modality = Modality.Text;
                description.Vocabulary = text.Name;
                description.ContextLength = text.ContextLength;
                break;
            case ImageClassifier image:
                description.Modality = Modality.Image;
                (description.ImageWidth, description.ImageHeight) = (image.Size.Width, image.Size.Height);
                break;
            case FilmClassifier film:
                description.Modality = Modality.Film;
                (description.ImageWidth, description.ImageHeight, description.FilmFrames) = (film.Size.Width, film.Size.Height, film.Frames);
                break;
            case SoundClassifier sound:
                description.Modality = Modality.Sound;
                (description.SoundSamples, description.SoundRate) = (sound.Samples ?? 0, sound.Rate);
                break;
        }

        return description;
    }

    // Both null: being loaded.
    private sealed record Entry(ClassifierModel? Model, string? Failure);
}
