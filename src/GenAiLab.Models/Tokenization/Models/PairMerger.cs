using System.Buffers;

namespace GenAiLab.Models.Tokenization.Models;

/// <summary>
/// Merges neighbouring symbols, the pair of lowest rank first and the leftmost of equals, until none is left (Sennrich
/// et al. 2016, arXiv:1508.07909). Short words by looking at all pairs again and again; long ones by a heap over a linked
/// list, O(n log n), where looking again stalls on 100 kB of one letter.
/// </summary>
internal sealed class PairMerger(PairTable pairs)
{
    private const int ShortWord = 48;
    private const int MergesBetweenChecks = 0x1000;

    /// <summary>Merges in place; the symbols that are left move to the front.</summary>
    /// <returns>How many are left.</returns>
    public int Merge(Span<WordToken> symbols, CancellationToken cancellation) =>
        symbols.Length < 2 ? symbols.Length : symbols.Length <= ShortWord ? MergeShort(symbols) : MergeLong(symbols, cancellation);

    private int MergeShort(Span<WordToken> symbols)
    {
        Span<int> ranks = stackalloc int[ShortWord];
        Span<int> merged = stackalloc int[ShortWord];
        var count = symbols.Length;
        for (var at = 0; at + 1 < count; at++)
        {
            ranks[at] = pairs.Find(symbols[at].Id, symbols[at + 1].Id, out merged[at]);
        }

        while (count > 1)
        {
            var (best, rank) = (0, ranks[0]);
            for (var at = 1; at + 1 < count; at++)
            {
                if (ranks[at] < rank)
                {
                    (best, rank) = (at, ranks[at]);
                }
            }

            if (rank == int.MaxValue)
            {
                break;
            }

            symbols[best] = new WordToken(merged[best], symbols[best].Start, symbols[best + 1].End);
            count--;
            symbols[(best + 2)..(count + 1)].CopyTo(symbols[(best + 1)..]);
            if (best + 1 < count)
            {
                ranks[(best + 2)..count].CopyTo(ranks[(best + 1)..]);
                merged[(best + 2)..count].CopyTo(merged[(best + 1)..]);
                ranks[best] = pairs.Find(symbols[best].Id, symbols[best + 1].Id, out merged[best]);
            }

            if (best > 0)
            {
                ranks[best - 1] = pairs.Find(symbols[best - 1].Id, symbols[best].Id, out merged[best - 1]);
            }
        }

        return count;
    }

    private int MergeLong(Span<WordToken> symbols, CancellationToken cancellation)
    {
        var next = ArrayPool<int>.Shared.Rent(symbols.Length);
        var previous = ArrayPool<int>.Shared.Rent(symbols.Length);
        var ranks = ArrayPool<int>.Shared.Rent(symbols.Length); // Of each symbol and the one behind it, as they are now.
        try
        {
            return MergeLong(symbols, next, previous, ranks, cancellation);
        }
        finally
        {
            ArrayPool<int>.Shared.Return(next);
            ArrayPool<int>.Shared.Return(previous);
            ArrayPool<int>.Shared.Return(ranks);
        }
    }

    private int MergeLong(Span<WordToken> symbols, Span<int> next, Span<int> previous, Span<int> ranks, CancellationToken cancellation)
    {
        var offers = new List<(int Place, ulong Order)>(symbols.Length);
        for (var at = 0; at < symbols.Length; at++)
        {
            (previous[at], next[at]) = (at - 1, at + 1 < symbols.Length ? at + 1 : -1);
            ranks[at] = next[at] < 0 ? int.MaxValue : pairs.Find(symbols[at].Id, symbols[at + 1].Id, out _);
            if (ranks[at] != int.MaxValue)
            {
                offers.Add((at, Order(ranks[at], at)));
            }
        }

        var heap = new PriorityQueue<int, ulong>(offers);
        for (var merges = 0; heap.TryDequeue(out var at, out var order); merges++)
        {
            if (merges % MergesBetweenChecks == 0)
            {
                cancellation.ThrowIfCancellationRequested();
            }

            if (Order(ranks[at], at) != order)
            {
                continue; // One of the two was merged with another neighbour meanwhile.
            }

            var right = next[at];
            pairs.Find(symbols[at].Id, symbols[right].Id, out var merged);
            symbols[at] = new WordToken(merged, symbols[at].Start, symbols[right].End);
            ranks[right] = int.MaxValue;
            next[at] = next[right];
            if (next[at] >= 0)
            {
                previous[next[at]] = at;
            }

            Offer(at, symbols, next, ranks, heap);
            if (previous[at] >= 0)
            {
                Offer(previous[at], symbols, next, ranks, heap);
            }
        }

        var count = 0;
        for (var at = 0; at >= 0; at = next[at])
        {
            symbols[count++] = symbols[at];
        }

        return count;
    }

    private void Offer(int at, Span<WordToken> symbols, Span<int> next, Span<int> ranks, PriorityQueue<int, ulong> heap)
    {
        ranks[at] = next[at] < 0 ? int.MaxValue : pairs.Find(symbols[at].Id, symbols[next[at]].Id, out _);
        if (ranks[at] != int.MaxValue)
        {
            heap.Enqueue(at, Order(ranks[at], at));
        }
    }

    private static ulong Order(int rank, int at) => ((ulong)(uint)rank << 32) | (uint)at;
}
