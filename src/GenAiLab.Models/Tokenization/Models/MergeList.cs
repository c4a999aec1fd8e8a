using System.Text.Json;
using GenAiLab.Models.Tokenization.Files;

namespace GenAiLab.Models.Tokenization.Models;

/// <summary>What a BPE of tokenizer.json merges and how: shared by the model over bytes and the one over characters.</summary>
/// <param name="Table">Its entries.</param>
/// <param name="Pairs">Its merges.</param>
/// <param name="Merged">Entries that a merge makes.</param>
/// <param name="IgnoreMerges">Whether a word that is an entry is that one token, whatever its merges say.</param>
internal sealed record MergeList(EntryTable Table, PairTable Pairs, IReadOnlySet<int> Merged, bool IgnoreMerges)
{
    /// <summary>Reads entries and merges.</summary>
    /// <param name="model">The component.</param>
    /// <param name="prefix">What the second of a pair loses when it merges.</param>
    public static MergeList Read(TokenizerComponent model, string prefix)
    {
        var table = EntryTable.Read(model);
        var merges = model.Value("merges");
        if (merges.ValueKind != JsonValueKind.Array || merges.GetArrayLength() > TokenizerFile.MaximumEntries)
        {
            throw model.Wrong($"has 'merges' that are no list, or more than {TokenizerFile.MaximumEntries:N0}");
        }

        var pairs = new PairTable(merges.GetArrayLength());
        var results = new HashSet<int>();
        var rank = 0;
        foreach (var merge in merges.EnumerateArray())
        {
            if (merge.ValueKind == JsonValueKind.String && merge.GetString()!.StartsWith("#version", StringComparison.Ordinal))
            {
                continue; // The first line of a merges.txt.
            }

            var (left, right) = ReadPair(merge, rank, model);
            if (right.Length < prefix.Length || !table.Ids.TryGetValue(left, out var leftId) || !table.Ids.TryGetValue(right, out var rightId)
                || !table.Ids.TryGetValue(string.Concat(left, right.AsSpan(prefix.Length)), out var merged))
            {
                throw model.Wrong($"has a merge, number {rank}, of a token that is not in the vocabulary");
            }

            pairs.Set(leftId, rightId, rank++, merged);
            results.Add(merged);
        }

        return new MergeList(table, pairs, results, model.Flag("ignore_merges", otherwise: false));
    }

    private static (string Left, string Right) ReadPair(JsonElement merge, int rank, TokenizerComponent model)
    {
        if (merge.ValueKind == JsonValueKind.Array && merge.GetArrayLength() == 2 && merge[0].ValueKind == JsonValueKind.String && merge[1].ValueKind == JsonValueKind.String)
        {
            return (merge[0].GetString()!, merge[1].GetString()!);
        }

        var text = merge.ValueKind == JsonValueKind.String ? merge.GetString()! : "";
        var space = text.IndexOf(' ', StringComparison.Ordinal);
        return space >= 0 && text.IndexOf(' ', space + 1) < 0 ? (text[..space], text[(space + 1)..]) : throw model.Wrong($"has a merge, number {rank}, that is not a pair");
    }
}
