namespace GenAiLab.Decoder.Scheduling;

/// <summary>
/// Decides who runs: no I/O, no clock, no threads. Time is counted in steps, so a run of the same calls
/// gives the same decisions. The engine carries them out; a simulation can as well.
/// </summary>
/// <param name="settings">What there is to share.</param>
internal sealed class Scheduler(SchedulerSettings settings)
{
    private readonly WaitingLine _line = new(settings);
    private readonly SlotTable _slots = new(settings);
    private long _step;

    /// <summary>Streams that wait for a slot.</summary>
    public int Waiting => _line.Count;

    /// <summary>Slots that streams hold, or that are kept for their forks.</summary>
    public int SlotsInUse => settings.Slots - _slots.Available;

    /// <summary>Tokens of open streams that are in their slots.</summary>
    public long TokensInUse => _slots.TokensInUse;

    /// <summary>Tokens of ended streams that may serve others.</summary>
    public long CachedTokens => _slots.CachedTokens;

    /// <summary>Tokens of prompts that are still to be run, of streams that wait and of those in slots.</summary>
    public long PendingPromptTokens
    {
        get
        {
            var tokens = _line.Tokens;
            for (var slot = 0; slot < settings.Slots; slot++)
            {
                tokens += _slots[slot] is { } stream ? Math.Max(0, stream.PromptLength - stream.Computed) : 0;
            }

            return tokens;
        }
    }

    /// <summary>Tokens of all prompts admitted so far.</summary>
    public long PromptTokens { get; private set; }

    /// <summary>How many of <see cref="PromptTokens"/> were in the cache.</summary>
    public long ReusedTokens { get; private set; }

    /// <summary>The stream in a slot, or null.</summary>
    public ScheduledStream? InSlot(int slot) => _slots[slot];

    /// <summary>Tokens in a slot that are worth keeping.</summary>
    public int Length(int slot) => _slots.Length(slot);

    /// <summary>Puts a stream into the line. A fork of a group takes one of the group's slots, as long as there is one.</summary>
    public Refusal Enqueue(ScheduledStream stream)
    {
        stream.Group = stream.ForkOf is { } parent
            ? parent.Group is { Members: > 0 } group ? group : null
            : stream.ReservedForks > 0 ? new StreamGroup() : null;
        stream.IsEntitled = stream.Group?.TryTake() == true;
        var refusal = _line.Enqueue(stream, _step, _slots.Available);
        if (refusal == Refusal.None)
        {
            stream.Group?.Join();
        }

        return refusal;
    }

    /// <summary>Gives the next stream its slots, when there are enough. In strict order: who wants many is not passed over.</summary>
    /// <returns>The stream and then its siblings; empty when nobody can be admitted.</returns>
    public IReadOnlyList<Admitted> Admit()
    {
        if (_line.Next(_step) is not { } stream || (!stream.IsEntitled && stream.SlotsWanted > _slots.Available))
        {
            return [];
        }

        _line.Remove(stream);
        if (!stream.IsEntitled)
        {
            _slots.Take(stream.SlotsWanted);
        }

        if (stream.ReservedForks > 0)
        {
            // Its own slot is one of the group's too: a fork may follow it there.
            stream.Group!.Keep(stream.ReservedForks);
            stream.IsEntitled = true;
        }

        List<Admitted> admitted = [_slots.Place(stream)];
        (PromptTokens, ReusedTokens) = (PromptTokens + stream.PromptLength, ReusedTokens + stream.Reused);
        foreach (var sibling in stream.Siblings)
        {
            sibling.IsBlocked = true;
            admitted.Add(_slots.Place(sibling));
        }

        return admitted;
    }

    /// <summary>A stream has ended, wherever it was; siblings end by themselves.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="keep">Whether what it computed is sound.</param>
    public void Close(ScheduledStream stream, bool keep)
    {
        var waited = _line.Remove(stream);
        if (!waited && stream.Slot < 0)
        {
            return;
        }

        if (!waited)
        {
            _slots.Release(stream, keep);
        }

        if (!stream.IsSibling)
        {
            _line.Closed(stream.Tenant);
        }

        Leave(stream, waited);
    }

    /// <summary>What to do next.</summary>
    public StepPlan Plan()
    {
        _step++;
        var move = FillHole();
        List<ScheduledStream> decode = [];
        List<ScheduledStream> prefill = [];
        for (var slot = 0; slot < settings.Slots; slot++)
        {
            if (_slots[slot] is not { } stream)
            {
                continue;
            }

            var run = stream.IsBlocked ? 0 : stream.NextRun(settings.Grid);
            stream.IdleSteps = run == 0 ? stream.IdleSteps + 1 : 0;
            // Where siblings wait for the prompt it runs by itself, be it one token.
            if (run == 1 && (!(stream.RunsAlone || stream.Siblings.Count > 0) || stream.Computed >= stream.PromptLength))
            {
                decode.Add(stream);
            }
            else if (run > 0)
            {
                prefill.Add(stream);
            }
        }

        return new StepPlan(move, decode, Choose(prefill, decode.Count));
    }

    /// <summary>Tokens of a stream were run.</summary>
    public void Ran(ScheduledStream stream, int tokens)
    {
        var prompt = Math.Clamp(stream.PromptLength - stream.Computed, 0, tokens);
        stream.Ran(tokens, settings.Grid);
        _line.Served(stream.Tenant, prompt, tokens - prompt);
    }

    // A group's slot goes to the fork that has waited longest, or back to the group.
    private void Leave(ScheduledStream stream, bool waited)
    {
        if (!stream.IsEntitled)
        {
            _slots.Give(waited ? 0 : 1);
        }
        else if (!_line.Entitle(stream.Group!))
        {
            stream.Group!.GiveBack();
        }

        _slots.Give(stream.Group?.Leave() ?? 0);
    }

    // With few streams decoding, more chunks go between two steps: they will fill the batch sooner.
    private List<(ScheduledStream Stream, int Tokens)> Choose(List<ScheduledStream> prefill, int decoding)
    {
        List<(ScheduledStream, int)> chosen = [];
        var chunks = Math.Clamp(prefill.Count / Math.Max(1, decoding), 1, settings.MaximumChunksPerStep);
        while (chosen.Count < chunks && prefill.Count > 0)
        {
            var next = prefill.MinBy(Rank)!;
            prefill.Remove(next);
            chosen.Add((next, next.NextRun(settings.Grid)));
            next.PassedOver = 0;
        }

        foreach (var stream in prefill)
        {
            stream.PassedOver++;
        }

        return chosen;

        // The shortest remainder first, unless a longer one has been passed over often enough.
        (int, long) Rank(ScheduledStream stream) =>
            (stream.PassedOver >= settings.MaximumPassedOver ? 0 : stream.Pending, stream.Arrival);
    }

    // A decode step runs all slots between the first and the last that decodes: those without a stream, or
    // with one whose client has been silent for long, go to the end.
    private SlotCopy? FillHole()
    {
        var (first, hole, last) = (-1, -1, -1);
        for (var slot = 0; slot < settings.Slots; slot++)
        {
            var active = _slots[slot] is { } stream && stream.IdleSteps < settings.ParkAfterSteps;
            if (active)
            {
                (first, last) = (first < 0 ? slot : first, slot);
            }
            else if (first >= 0 && hole < 0)
            {
                hole = slot;
            }
        }

        return hole >= 0 && last > hole ? _slots.Exchange(last, hole) : null;
    }
}
