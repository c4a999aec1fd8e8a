using System.Buffers;
using System.Runtime.InteropServices;

namespace GenAiLab.Sampling.Steps;

/// <summary>
/// "Don't repeat yourself" (p-e-w 2024, text-generation-webui pull request 5677): where the last n tokens have
/// occurred before, the token that followed them there loses multiplier · base ^ (n − allowed length).
/// </summary>
/// <param name="options">Its parameters.</param>
internal sealed class DryPenalties(DryOptions options)
{
    // Far below any logit, and finite: a token that is penalised is still possible.
    private const double Highest = 1e30;

    private readonly HashSet<int> _breakers = [.. options.SequenceBreakers];
    private readonly Dictionary<int, int> _repetitions = [];

    public void Apply(WorkingSet set, ReadOnlySpan<int> tokens)
    {
        Find(tokens);
        if (_repetitions.Count == 0)
            return;
        var logits = set.Logits;
        foreach (var (token, length) in _repetitions)
        {
            var at = set.IndexOf(token);
            if (at < 0)
                continue;
            var penalty = Math.Min(Highest, options.Multiplier * Math.Pow(options.Base, length - options.AllowedLength));
            // The logits are not divided by the temperature yet, where its step came before.
            logits[at] = (float)(logits[at] - (penalty * set.Temperature));
        }

        set.Changed();
    }

    /// <summary>By token: the longest end of the text, of at least the allowed length, that it followed before.</summary>
    internal IReadOnlyDictionary<int, int> Find(ReadOnlySpan<int> tokens)
    {
        _repetitions.Clear();
        if (options.Window < tokens.Length)
            tokens = tokens[^options.Window.Value..];
        // No repetition reaches across a breaker: the end of the text begins after the last one.
        var longest = 0;
        while (longest < tokens.Length && !_breakers.Contains(tokens[^(longest + 1)]))
            longest++;
        if (longest < options.AllowedLength)
            return _repetitions;

        var lengths = ArrayPool<int>.Shared.Rent(tokens.Length);
        try
        {
            CommonSuffixes(tokens, lengths.AsSpan(0, tokens.Length));
            for (var back = 1; back < tokens.Length; back++)
            {
                var length = Math.Min(lengths[back], longest);
                var next = tokens[^back];
                if (length < options.AllowedLength || _breakers.Contains(next))
                    continue;
                ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(_repetitions, next, out _);
                known = Math.Max(known, length);
            }
        }
        finally
        {
            ArrayPool<int>.Shared.Return(lengths);
        }

        return _repetitions;
    }

    // lengths[b]: how many tokens the text and the text without its last b tokens have in common at their ends.
    // The Z algorithm (Gusfield 1997, section 1.4) on the reversed text: linear, whatever the text.
    private static void CommonSuffixes(ReadOnlySpan<int> tokens, Span<int> lengths)
    {
        int left = 0, right = 0;
        for (var back = 1; back < tokens.Length; back++)
        {
            var length = back < right ? Math.Min(right - back, lengths[back - left]) : 0;
            while (back + length < tokens.Length && tokens[^(length + 1)] == tokens[^(back + length + 1)])
                length++;
            lengths[back] = length;
            if (back + length > right)
                (left, right) = (back, back + length);
        }
    }
}
