namespace GenAiLab.Decoder.Scheduling;

/// <summary>
/// Who is in which slot, and what streams that have ended left there. A stream's tokens stay until their
/// slot is needed, least recently used first, and serve those that begin alike.
/// </summary>
internal sealed class SlotTable(SchedulerSettings settings)
{
    private readonly Slot[] _slots = [.. Enumerable.Range(0, settings.Slots).Select(static _ => new Slot())];
    private long _clock;

    /// <summary>Slots that neither a stream holds nor a group keeps.</summary>
    public int Available { get; private set; } = settings.Slots;

    /// <summary>Tokens that streams have in their slots.</summary>
    public long TokensInUse => _slots.Sum(static slot => (long)(slot.Stream?.Computed ?? 0));

    /// <summary>Tokens that ended streams left.</summary>
    public long CachedTokens => _slots.Sum(static slot => (long)slot.Cached.Length);

    /// <summary>The stream in a slot, or null.</summary>
    public ScheduledStream? this[int slot] => _slots[slot].Stream;

    /// <summary>Tokens in a slot that are worth keeping.</summary>
    public int Length(int slot) => _slots[slot].Stream?.Computed ?? _slots[slot].Cached.Length;

    /// <summary>Counts slots as wanted by streams that are about to be placed, or by their forks.</summary>
    public void Take(int slots) => Available -= slots;

    /// <summary>Counts slots as free.</summary>
    public void Give(int slots) => Available += slots;

    /// <summary>Gives a stream a slot, of those that were taken, with the longest prefix that there is of it.</summary>
    public Admitted Place(ScheduledStream stream)
    {
        var (source, length) = stream.UsesPrefixCache || stream.ForkOf is not null ? LongestPrefix(stream) : (-1, 0);
        var target = source >= 0 && _slots[source].Stream is null ? source : LeastValuable();
        var exact = source >= 0 ? Math.Min(length, _slots[source].Stream?.Exact ?? _slots[source].Exact) : 0;
        if (source >= 0)
        {
            _slots[source].LastUsed = ++_clock;
        }

        var slot = _slots[target];
        (slot.Stream, slot.Cached, slot.Exact, slot.LastUsed) = (stream, [], 0, ++_clock);
        stream.Slot = target;
        if (length > 0)
        {
            stream.Reuse(length, exact);
        }

        return new Admitted(stream, source >= 0 && source != target ? new SlotCopy(source, target, length, Swaps: false) : null);
    }

    /// <summary>A stream leaves its slot.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="keep">Whether what it computed is sound and may serve others.</param>
    public void Release(ScheduledStream stream, bool keep)
    {
        var slot = _slots[stream.Slot];
        // A row that runs along without a token of its own writes one place behind its last token.
        var length = keep && stream.UsesPrefixCache ? Math.Min(stream.Computed, settings.Capacity - 1) : 0;
        (slot.Stream, slot.Tenant, slot.LastUsed) = (null, stream.Tenant, ++_clock);
        slot.Cached = stream.TokenSpan[..length].ToArray();
        slot.Exact = Math.Min(stream.Exact, length);
        stream.Slot = -1;
    }

    /// <summary>Exchanges two slots.</summary>
    /// <returns>What has to be copied for it.</returns>
    public SlotCopy Exchange(int from, int to)
    {
        var (forth, back) = (Length(from), Length(to));
        (_slots[from], _slots[to]) = (_slots[to], _slots[from]);
        foreach (var slot in new[] { from, to })
        {
            if (_slots[slot].Stream is { } stream)
            {
                stream.Slot = slot;
            }
        }

        return new SlotCopy(from, to, Math.Max(forth, back), Swaps: back > 0);
    }

    // A comparison of all slots takes about a microsecond for each thousand tokens compared: with tens of
    // slots a tree over them would cost more to keep than this costs to search.
    private (int Slot, int Length) LongestPrefix(ScheduledStream stream)
    {
        var wanted = stream.TokenSpan;
        var best = (Slot: -1, Length: 0);
        for (var at = 0; at < _slots.Length; at++)
        {
            var length = Usable(_slots[at], stream, wanted);
            // Among equals a slot without a stream: there is nothing to copy.
            if (length > best.Length || (length > 0 && length == best.Length && _slots[best.Slot].Stream is not null && _slots[at].Stream is null))
            {
                best = (at, length);
            }
        }

        return best;
    }

    private int Usable(Slot slot, ScheduledStream stream, ReadOnlySpan<int> wanted)
    {
        var fork = slot.Stream is { } other && other == stream.ForkOf;
        if ((slot.Stream?.Tenant ?? slot.Tenant) != stream.Tenant || (!fork && (!stream.UsesPrefixCache || slot.Stream?.UsesPrefixCache == false)))
        {
            return 0;
        }

        var held = slot.Stream is null ? slot.Cached : slot.Stream.TokenSpan[..slot.Stream.Computed];
        // The last token is run in any case: its logits are what the stream is for.
        var length = Math.Min(wanted.CommonPrefixLength(held), Math.Min(wanted.Length - 1, stream.MaximumReuse));
        if (fork || !settings.ExactReuse)
        {
            return length;
        }

        length = Math.Min(length, Math.Min(slot.Stream?.Exact ?? slot.Exact, stream.PromptLength - stream.Replayed));
        return length - (length % settings.Grid);
    }

    private int LeastValuable()
    {
        var best = -1;
        for (var at = 0; at < _slots.Length; at++)
        {
            if (_slots[at].Stream is null && (best < 0 || Value(_slots[at]) < Value(_slots[best])))
            {
                best = at;
            }
        }

        return best;

        static long Value(Slot slot) => slot.Cached.Length == 0 ? -1 : slot.LastUsed;
    }

    private sealed class Slot
    {
        public ScheduledStream? Stream;
        public int[] Cached = [];
        public int Exact;
        public string Tenant = "";
        public long LastUsed;
    }
}
