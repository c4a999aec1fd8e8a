namespace GenAiLab.Balancing;

/// <summary>
/// What a replica is believed to have in its prefix cache: the prompts that were sent there last, as many as
/// it has slots, because a slot keeps one. A belief, not a fact: other routers send streams too, and a wrong
/// belief costs a prefill, not a token. Not thread-safe.
/// </summary>
/// <param name="capacity">Prompts remembered; at least 1.</param>
public sealed class PrefixRecord(int capacity)
{
    /// <summary>The most prompts remembered of a replica, whatever it says of its slots.</summary>
    public const int MaximumCapacity = 1024;

    private readonly int _capacity = Math.Clamp(capacity, 1, MaximumCapacity);
    private readonly List<ulong[]> _prompts = [];

    /// <summary>How many blocks from the start of a prompt it has.</summary>
    public int Match(ReadOnlySpan<ulong> keys)
    {
        var best = 0;
        foreach (var prompt in _prompts)
        {
            best = Math.Max(best, keys.CommonPrefixLength(prompt));
        }

        return best;
    }

    /// <summary>A prompt was sent there; the one that was used least recently is forgotten for it.</summary>
    public void Add(ulong[] keys)
    {
        // The slot of a prompt that this one continues is taken over.
        var at = _prompts.FindIndex(prompt => prompt.Length > 0 && keys.AsSpan().CommonPrefixLength(prompt) == prompt.Length);
        if (at >= 0 || _prompts.Count >= _capacity)
        {
            _prompts.RemoveAt(Math.Max(0, at));
        }

        _prompts.Add(keys);
    }

    /// <summary>The replica has begun anew.</summary>
    public void Clear() => _prompts.Clear();
}
