namespace GenAiLab.Orchestrator.Speculation;

/// <summary>
/// Prompt lookup (Saxena 2023; Yang et al. 2023, "Inference with reference"): the longest n-gram that ends the text and
/// occurred before, and what followed where it occurred last. Pays where texts repeat what they were given: quotations,
/// code, lists.
/// <para>
/// The index grows with the text: a token costs one entry for each length of n-gram, whatever the text's length, and
/// what lies further back than <see cref="Window"/> is forgotten.
/// </para>
/// </summary>
/// <param name="longest">The longest n-gram that is looked for, in tokens; at most 16.</param>
/// <param name="shortest">The shortest; at least 1.</param>
internal sealed class NgramGuesser(int longest, int shortest) : IGuesser
{
    /// <summary>How far back an n-gram is found, in tokens. Bounds the index to 16 times as many entries.</summary>
    public const int Window = 8192;

    // By the hash of an n-gram of any length: the position of its last token where it occurred last.
    private readonly Dictionary<ulong, int> _ends = [];
    private int _indexed;

    public ValueTask<IReadOnlyList<int>> GuessAsync(IReadOnlyList<int> tokens, int count, CancellationToken cancellation) =>
        ValueTask.FromResult(Guess(tokens, count));

    /// <inheritdoc cref="IGuesser.GuessAsync"/>
    public IReadOnlyList<int> Guess(IReadOnlyList<int> tokens, int count)
    {
        // The n-grams at the very end are what is looked for; they are found from the next token on.
        for (; _indexed < tokens.Count - 1; _indexed++)
        {
            Add(tokens, _indexed);
            if (_indexed >= Window)
            {
                Forget(tokens, _indexed - Window);
            }
        }

        return Find(tokens) is { } end ? Following(tokens, end, count) : [];
    }

    public void Dispose()
    {
    }

    private void Add(IReadOnlyList<int> tokens, int end)
    {
        var hash = 0UL;
        for (var length = 1; length <= Math.Min(longest, end + 1); length++)
        {
            hash = Extend(hash, tokens[end - length + 1]);
            if (length >= shortest)
            {
                _ends[hash] = end;
            }
        }
    }

    private void Forget(IReadOnlyList<int> tokens, int end)
    {
        var hash = 0UL;
        for (var length = 1; length <= Math.Min(longest, end + 1); length++)
        {
            hash = Extend(hash, tokens[end - length + 1]);
            if (_ends.TryGetValue(hash, out var latest) && latest == end)
            {
                _ends.Remove(hash);
            }
        }
    }

    private int? Find(IReadOnlyList<int> tokens)
    {
        int? found = null;
        var last = tokens.Count - 1;
        var hash = 0UL;
        for (var length = 1; length <= Math.Min(longest, tokens.Count); length++)
        {
            hash = Extend(hash, tokens[last - length + 1]);
            if (length < shortest)
            {
                continue;
            }

            // A longer n-gram occurred before only where each of its ends did.
            if (!_ends.TryGetValue(hash, out var end) || !AreEqual(tokens, end, last, length))
            {
                break;
            }

            found = end;
        }

        return found;
    }

    // Hashes of different n-grams may be equal, if hardly ever.
    private static bool AreEqual(IReadOnlyList<int> tokens, int end, int last, int length)
    {
        for (var back = 0; back < length; back++)
        {
            if (end - back < 0 || tokens[end - back] != tokens[last - back])
            {
                return false;
            }
        }

        return true;
    }

    // Where the text overtakes the place that it is copied from, it repeats itself from there on.
    private static int[] Following(IReadOnlyList<int> tokens, int end, int count)
    {
        var guesses = new int[count];
        var period = tokens.Count - 1 - end;
        for (var at = 0; at < count; at++)
        {
            guesses[at] = at < period ? tokens[end + 1 + at] : guesses[at - period];
        }

        return guesses;
    }

    // An odd multiplier keeps all bits; the shift brings the high ones down (Steele et al. 2014, SplitMix64).
    private static ulong Extend(ulong hash, int token)
    {
        var mixed = (hash ^ (uint)token) + 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }
}
