using System.Text.Json;
using GenAiLab.Models.Tokenization.Files;

namespace GenAiLab.Models.Tokenization.Models;

/// <summary>The entries of a vocabulary and their ids, each once.</summary>
internal sealed class EntryTable
{
    private readonly Dictionary<string, int> _ids;
    private readonly string?[] _entries;

    private EntryTable(Dictionary<string, int> ids, string?[] entries) => (_ids, _entries) = (ids, entries);

    public IReadOnlyList<string?> Entries => _entries;

    public IReadOnlyDictionary<string, int> Ids => _ids;

    public int Count => _ids.Count;

    /// <summary>Looks up an entry without making a string of it.</summary>
    public Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> Lookup => _ids.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Reads { "entry": id, … }.</summary>
    public static EntryTable Read(TokenizerComponent model)
    {
        var vocabulary = model.Value("vocab");
        if (vocabulary.ValueKind != JsonValueKind.Object)
        {
            throw model.Wrong("has a 'vocab' that is no object");
        }

        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        var largest = -1;
        foreach (var entry in vocabulary.EnumerateObject())
        {
            if (entry.Value.ValueKind != JsonValueKind.Number || !entry.Value.TryGetInt32(out var id) || id is < 0 or >= TokenizerFile.MaximumEntries)
            {
                throw model.Wrong($"has an id that is none from 0 to {TokenizerFile.MaximumEntries - 1}");
            }

            if (!ids.TryAdd(entry.Name, id))
            {
                throw model.Wrong($"has an entry twice, the second time with id {id}");
            }

            largest = Math.Max(largest, id);
        }

        if (ids.Count == 0 || largest > 2 * ids.Count + TokenizerFile.AllowedGap)
        {
            throw model.Wrong("has an empty vocabulary, or ids that are far apart");
        }

        var entries = new string?[largest + 1];
        foreach (var (entry, id) in ids)
        {
            entries[id] = entries[id] is null ? entry : throw model.Wrong($"has two entries with id {id}");
        }

        return new EntryTable(ids, entries);
    }
}
