using System.Runtime.InteropServices;

namespace GenAiLab.Sampling;

/// <summary>
/// The tokens so far, prompt first, and how often each occurs within a window at the end, kept as tokens come.
/// </summary>
internal sealed class TokenHistory
{
    private readonly List<int> _tokens;
    private readonly Dictionary<int, Occurrences> _counts = [];
    private readonly int _promptLength;
    private readonly int _window;
    private int _begin; // Of the window.

    /// <param name="tokens">Prompt and generated tokens.</param>
    /// <param name="promptLength">How many of them are the prompt.</param>
    /// <param name="window">Tokens at the end that are counted.</param>
    public TokenHistory(ReadOnlySpan<int> tokens, int promptLength, int window)
    {
        (_tokens, _promptLength, _window) = ([.. tokens], promptLength, window);
        _begin = Math.Max(0, tokens.Length - window);
        for (var at = _begin; at < tokens.Length; at++)
            Count(at, 1);
    }

    /// <summary>All of them.</summary>
    public ReadOnlySpan<int> Tokens => CollectionsMarshal.AsSpan(_tokens);

    /// <summary>How often tokens occur within the window.</summary>
    public Dictionary<int, Occurrences> Counts => _counts;

    public void Add(int token)
    {
        _tokens.Add(token);
        Count(_tokens.Count - 1, 1);
        if (_tokens.Count - _begin > _window)
            Count(_begin++, -1);
    }

    private void Count(int at, int change)
    {
        ref var counts = ref CollectionsMarshal.GetValueRefOrAddDefault(_counts, _tokens[at], out _);
        counts = new Occurrences(counts.All + change, counts.Generated + (at < _promptLength ? 0 : change));
        if (counts.All == 0)
            _counts.Remove(_tokens[at]);
    }
}

/// <summary>How often a token occurs: in prompt and text together, and in what was generated.</summary>
internal readonly record struct Occurrences(int All, int Generated);
