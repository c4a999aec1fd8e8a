namespace GenAiLab.Models.Tokenization;

/// <summary>
/// Merges the bytes of one word by rank: always the lowest-ranked pair, the leftmost of equals, until none is
/// left (Sennrich et al. 2016, arXiv:1508.07909). A heap of candidate pairs over a linked list: O(n log n),
/// where repeated scanning is O(n²) and stalls on 100 kB of one letter.
/// </summary>
internal sealed class BytePairMerger(IReadOnlyDictionary<(int Left, int Right), (int Rank, int Merged)> merges)
{
    public void Merge(ReadOnlySpan<int> symbols, List<int> output)
    {
        if (symbols.Length == 1)
        {
            output.Add(symbols[0]);
            return;
        }

        var ids = symbols.ToArray();
        var next = new int[ids.Length];
        var previous = new int[ids.Length];
        for (var at = 0; at < ids.Length; at++)
        {
            (previous[at], next[at]) = (at - 1, at + 1 < ids.Length ? at + 1 : -1);
        }

        var heap = new PriorityQueue<(int At, int Left, int Right), (int Rank, int At)>();
        for (var at = 0; at + 1 < ids.Length; at++)
        {
            Offer(at);
        }

        while (heap.TryDequeue(out var pair, out _))
        {
            var right = next[pair.At];
            if (ids[pair.At] != pair.Left || right < 0 || ids[right] != pair.Right)
            {
                continue; // One of the two was merged with another neighbour meanwhile.
            }

            ids[pair.At] = merges[(pair.Left, pair.Right)].Merged;
            ids[right] = -1;
            next[pair.At] = next[right];
            if (next[right] >= 0)
            {
                previous[next[right]] = pair.At;
            }

            Offer(pair.At);
            if (previous[pair.At] >= 0)
            {
                Offer(previous[pair.At]);
            }
        }

        for (var at = 0; at >= 0; at = next[at])
        {
            output.Add(ids[at]);
        }

        void Offer(int at)
        {
            if (next[at] >= 0 && merges.TryGetValue((ids[at], ids[next[at]]), out var merge))
            {
                heap.Enqueue((at, ids[at], ids[next[at]]), (merge.Rank, at));
            }
        }
    }
}
