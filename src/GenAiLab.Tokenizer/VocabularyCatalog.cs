using System.Collections.Frozen;
using GenAiLab.ServiceDefaults;
using GenAiLab.Tokenizer.Vocabularies;

namespace GenAiLab.Tokenizer;

/// <summary>
/// The vocabularies that are served. The folders' are there once the loader has published them; the public
/// ones are read when they are first asked for. Thread-safe.
/// </summary>
internal sealed class VocabularyCatalog(IConfiguration configuration)
{
    private readonly FrozenDictionary<string, Lazy<IVocabulary>> _public = PublicVocabularies.Names
        .ToFrozenDictionary(static name => name, static name => new Lazy<IVocabulary>(() => PublicVocabularies.Read(name)), StringComparer.Ordinal);

    private volatile Folders? _folders;

    /// <summary>What an empty name means.</summary>
    public string DefaultName { get; } = configuration["Models:Default"] is { Length: > 0 } name ? name : "lab-base";

    /// <summary>Whether a folder of this name would hide a public vocabulary.</summary>
    public static bool IsPublic(string name) => PublicVocabularies.Names.Contains(name, StringComparer.Ordinal);

    /// <summary>Serves these from now on; called once.</summary>
    /// <param name="vocabularies">Those that could be read.</param>
    /// <param name="failures">For each that could not: its name, and why.</param>
    public void Publish(IEnumerable<IVocabulary> vocabularies, IReadOnlyDictionary<string, string> failures) => _folders = new Folders(
        vocabularies.ToFrozenDictionary(static vocabulary => vocabulary.Name, StringComparer.Ordinal),
        failures.ToFrozenDictionary(StringComparer.Ordinal));

    /// <summary>The vocabulary of that name, or of the default name where it is empty.</summary>
    /// <exception cref="Grpc.Core.RpcException">NOT_FOUND, FAILED_PRECONDITION or, while the folders are read, UNAVAILABLE.</exception>
    public IVocabulary Find(string name)
    {
        name = name.Length == 0 ? DefaultName : name;
        var folders = Loaded();
        return name switch
        {
            _ when _public.TryGetValue(name, out var vocabulary) => vocabulary.Value,
            _ when folders.Vocabularies.TryGetValue(name, out var vocabulary) => vocabulary,
            _ when folders.Failures.TryGetValue(name, out var reason) =>
                throw RpcErrors.FailedPrecondition($"vocabulary '{name}' cannot be used: {reason}"),
            _ => throw RpcErrors.NotFound("vocabulary", name, folders.Vocabularies.Keys.Order(StringComparer.Ordinal).Concat(PublicVocabularies.Names)),
        };
    }

    /// <summary>All that can be used: the folders' by name, then the public ones.</summary>
    public IEnumerable<IVocabulary> List() =>
        [.. Loaded().Vocabularies.Values.OrderBy(static vocabulary => vocabulary.Name, StringComparer.Ordinal), .. PublicVocabularies.Names.Select(name => _public[name].Value)];

    /// <summary>Those of these names that can be used.</summary>
    public IEnumerable<IVocabulary> List(IEnumerable<string> names)
    {
        var folders = Loaded();
        return [.. names.Distinct(StringComparer.Ordinal).Where(name => IsPublic(name) || folders.Vocabularies.ContainsKey(name)).Select(Find)];
    }

    private Folders Loaded() => _folders ?? throw RpcErrors.Unavailable("the vocabularies are being loaded; try again in a moment");

    private sealed record Folders(FrozenDictionary<string, IVocabulary> Vocabularies, FrozenDictionary<string, string> Failures);
}
