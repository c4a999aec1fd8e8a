namespace GenAiLab.Tokenizer.Vocabularies;

/// <summary>
/// Byte-pair encoding by rank, as OpenAI's tiktoken defines it: of all neighbours whose concatenation is
/// a piece, the pair of lowest rank is merged first, the leftmost of equals. O(n log n) in the length of
/// the word, since a text can be one word of a megabyte.
/// </summary>
internal sealed class RankMerger(IReadOnlyList<byte[]> pieces)
{
    private const int None = -1;

    private readonly Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> _ranks = Index(pieces);

    /// <summary>Appends the tokens of one word; <paramref name="offset"/> is where it begins in the text.</summary>
    public void Append(ReadOnlySpan<byte> word, int offset, List<EncodedToken> tokens, CancellationToken cancellation)
    {
        if (_ranks.TryGetValue(word, out var whole))
        {
            tokens.Add(new EncodedToken(whole, offset, word.Length));
            return;
        }

        // A symbol is named by its first byte; next[i] is where the symbol after it begins.
        var next = new int[word.Length];
        var previous = new int[word.Length];
        var queue = new PriorityQueue<(int Start, int Length), long>();
        for (var at = 0; at < word.Length; at++)
        {
            next[at] = at + 1;
            previous[at] = at - 1;
        }

        for (var at = 0; at + 1 < word.Length; at++)
        {
            Offer(word, at, next, queue);
        }

        for (var merges = 0; queue.TryDequeue(out var pair, out _); merges++)
        {
            if ((merges & 0xFFF) == 0)
            {
                cancellation.ThrowIfCancellationRequested();
            }

            var (start, length) = pair;
            var right = next[start];
            if (right == None || right >= word.Length || next[right] - start != length)
            {
                continue; // One of the two has been merged into something else since.
            }

            next[start] = next[right];
            next[right] = None;
            if (next[start] < word.Length)
            {
                previous[next[start]] = start;
                Offer(word, start, next, queue);
            }

            if (previous[start] != None)
            {
                Offer(word, previous[start], next, queue);
            }
        }

        for (var at = 0; at < word.Length; at = next[at])
        {
            tokens.Add(new EncodedToken(_ranks[word[at..next[at]]], offset + at, next[at] - at));
        }
    }

    private void Offer(ReadOnlySpan<byte> word, int start, int[] next, PriorityQueue<(int Start, int Length), long> queue)
    {
        var end = next[next[start]];
        if (_ranks.TryGetValue(word[start..end], out var rank))
        {
            queue.Enqueue((start, end - start), ((long)rank << 32) | (uint)start);
        }
    }

    private static Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> Index(IReadOnlyList<byte[]> pieces)
    {
        var ranks = new Dictionary<byte[], int>(pieces.Count, new ByteKeys());
        for (var rank = 0; rank < pieces.Count; rank++)
        {
            ranks.Add(pieces[rank], rank);
        }

        return ranks.GetAlternateLookup<ReadOnlySpan<byte>>();
    }
}
