using System.Text;

namespace GenAiLab.Models.Tokenization;

/// <summary>
/// Learns byte-level BPE (Sennrich et al. 2016, arXiv:1508.07909): starts from the 256 bytes and merges the most
/// frequent pair again and again. Pair counts are kept up to date, not recounted; ties go to the lower ids, so
/// the same text gives the same vocabulary.
/// </summary>
public static class ByteLevelBpeTrainer
{
    /// <summary>Begins and ends every document; always id 0.</summary>
    public const string Separator = "<|endoftext|>";

    /// <summary>Learns a vocabulary of at most <paramref name="vocabularySize"/> entries, special tokens and bytes included.</summary>
    /// <param name="documents">The text to learn from.</param>
    /// <param name="vocabularySize">Entries at most.</param>
    /// <param name="reserved">Special tokens after the separator, with ids from 1 on: kept for a later stage, in no text.</param>
    public static ByteLevelBpe Train(IEnumerable<string> documents, int vocabularySize, params IReadOnlyList<string> reserved)
    {
        string[] specials = [Separator, .. reserved];
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabularySize, 256 + specials.Length);
        var spellings = new List<string>(specials);
        spellings.AddRange(Enumerable.Range(0, 256).Select(static value => ByteAlphabet.Spell([(byte)value])));
        var words = CountWords(documents, specials.Length);
        var (pairs, places) = CountPairs(words);
        var merges = new List<(string, string)>();
        var known = spellings.Select(static (spelling, id) => (spelling, id)).ToDictionary(static entry => entry.spelling, static entry => entry.id);
        while (spellings.Count < vocabularySize && pairs.Count > 0)
        {
            var best = pairs.MinBy(static pair => (-pair.Value, pair.Key));
            if (best.Value < 2)
            {
                break;
            }

            // Two pairs may spell one token: "ab" + "c" and "a" + "bc".
            var spelling = spellings[best.Key.Left] + spellings[best.Key.Right];
            merges.Add((spellings[best.Key.Left], spellings[best.Key.Right]));
            if (!known.TryGetValue(spelling, out var merged))
            {
                known[spelling] = merged = spellings.Count;
                spellings.Add(spelling);
            }

            foreach (var index in places[best.Key].ToList())
            {
                var (symbols, count) = words[index];
                Count(symbols, index, -count);
                symbols = Replace(symbols, best.Key, merged);
                words[index] = (symbols, count);
                Count(symbols, index, count);
            }

            pairs.Remove(best.Key);
            places.Remove(best.Key);
        }

        return new ByteLevelBpe(new TrainedVocabulary(
            known, merges, specials.Select(static (token, id) => (token, id)).ToDictionary(static entry => entry.token, static entry => entry.id)).ToJson());

        void Count(int[] symbols, int index, long by)
        {
            for (var at = 0; at + 1 < symbols.Length; at++)
            {
                var pair = (symbols[at], symbols[at + 1]);
                if ((pairs[pair] = pairs.GetValueOrDefault(pair) + by) <= 0)
                {
                    pairs.Remove(pair);
                }

                if (by > 0)
                {
                    (places.TryGetValue(pair, out var where) ? where : places[pair] = []).Add(index);
                }
            }
        }
    }

    private static List<(int[] Symbols, long Count)> CountWords(IEnumerable<string> documents, int specials)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        var lookup = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var document in documents)
        {
            foreach (var match in PreTokenizer.Words(document))
            {
                System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(lookup, document.AsSpan(match.Index, match.Length), out _)++;
            }
        }

        return [.. counts.OrderBy(static word => word.Key, StringComparer.Ordinal)
            .Select(word => (Array.ConvertAll(Encoding.UTF8.GetBytes(word.Key), value => value + specials), word.Value))];
    }

    private static (Dictionary<(int Left, int Right), long> Pairs, Dictionary<(int Left, int Right), HashSet<int>> Places) CountPairs(
        List<(int[] Symbols, long Count)> words)
    {
        var (pairs, places) = (new Dictionary<(int Left, int Right), long>(), new Dictionary<(int Left, int Right), HashSet<int>>());
        for (var index = 0; index < words.Count; index++)
        {
            var (symbols, count) = words[index];
            for (var at = 0; at + 1 < symbols.Length; at++)
            {
                var pair = (symbols[at], symbols[at + 1]);
                pairs[pair] = pairs.GetValueOrDefault(pair) + count;
                (places.TryGetValue(pair, out var where) ? where : places[pair] = []).Add(index);
            }
        }

        return (pairs, places);
    }

    private static int[] Replace(int[] symbols, (int Left, int Right) pair, int merged)
    {
        var replaced = new List<int>(symbols.Length);
        for (var at = 0; at < symbols.Length; at++)
        {
            if (at + 1 < symbols.Length && (symbols[at], symbols[at + 1]) == pair)
            {
                replaced.Add(merged);
                at++;
            }
            else
            {
                replaced.Add(symbols[at]);
            }
        }

        return [.. replaced];
    }
}
