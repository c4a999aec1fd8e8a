namespace GenAiLab.Decoder.Scheduling;

/// <summary>
/// A stream, its forks and theirs, and the slots that are kept for them. All its slots are taken at one
/// time, so a group that was admitted never waits for another one: neither for those that hold slots
/// nor for those that want them.
/// </summary>
internal sealed class StreamGroup
{
    /// <summary>Its slots that no member holds or is about to take.</summary>
    public int Free { get; private set; }

    /// <summary>Streams of the group that have not ended.</summary>
    public int Members { get; private set; }

    /// <summary>A stream has become one of the group.</summary>
    public void Join() => Members++;

    /// <summary>The first stream was admitted, and brings slots for its forks.</summary>
    public void Keep(int slots) => Free += slots;

    /// <summary>Takes one of the slots.</summary>
    /// <returns>Whether there was one.</returns>
    public bool TryTake()
    {
        if (Free == 0)
        {
            return false;
        }

        Free--;
        return true;
    }

    /// <summary>One of the slots is not needed now.</summary>
    public void GiveBack() => Free++;

    /// <summary>A member has ended.</summary>
    /// <returns>The slots that nobody will want any more: all of them after the last member.</returns>
    public int Leave()
    {
        if (--Members > 0)
        {
            return 0;
        }

        var left = Free;
        Free = 0;
        return left;
    }
}
