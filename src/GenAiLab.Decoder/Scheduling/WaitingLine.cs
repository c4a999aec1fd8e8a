namespace GenAiLab.Decoder.Scheduling;

/// <summary>Why a stream may not wait.</summary>
internal enum Refusal
{
    None,
    TooManyRequests,
    TooManyTokens,
}

/// <summary>
/// Streams that wait for a slot. Next is the highest priority, which waiting raises; among equals the
/// tenant that was served least (the virtual token counter of Sheng et al. 2024, arXiv:2401.00588, §4),
/// then the oldest. Two streams of one tenant and priority leave in the order in which they came, and
/// after <c>21 × AgingSteps</c> steps nothing that comes later goes before a stream.
/// </summary>
internal sealed class WaitingLine(SchedulerSettings settings)
{
    private const int PrefillWeight = 1;
    private const int DecodeWeight = 2;
    private const int MaximumIdleTenants = 1024;
    private readonly LinkedList<ScheduledStream> _waiting = [];
    private readonly Dictionary<string, Tenant> _tenants = new(StringComparer.Ordinal);
    private long _arrivals;
    private int _entitled;

    /// <summary>Streams that wait.</summary>
    public int Count => _waiting.Count;

    /// <summary>Their prompt tokens.</summary>
    public long Tokens { get; private set; }

    /// <summary>Takes a stream in, unless the line is full. A stream that finds a slot at once does not count as waiting.</summary>
    public Refusal Enqueue(ScheduledStream stream, long step, int freeSlots)
    {
        if (stream.IsEntitled)
        {
            _entitled++;
            Add(stream, step);
            return Refusal.None;
        }

        if (_waiting.Count - _entitled >= settings.MaximumWaiting + freeSlots)
        {
            return Refusal.TooManyRequests;
        }

        if (_waiting.Count > 0 && Tokens + stream.Tokens.Count > settings.MaximumWaitingTokens)
        {
            return Refusal.TooManyTokens;
        }

        Add(stream, step);
        return Refusal.None;
    }

    /// <summary>Entitles the oldest stream of a group to one of the group's slots.</summary>
    /// <returns>Whether one of the group waits.</returns>
    public bool Entitle(StreamGroup group)
    {
        if (_waiting.FirstOrDefault(stream => stream.Group == group && !stream.IsEntitled) is not { } oldest)
        {
            return false;
        }

        oldest.IsEntitled = true;
        _entitled++;
        return true;
    }

    /// <summary>Who goes next, or null.</summary>
    public ScheduledStream? Next(long step)
    {
        ScheduledStream? best = null;
        foreach (var stream in _waiting)
        {
            best = best is null || GoesBefore(stream, best, step) ? stream : best;
        }

        return best;
    }

    /// <summary>Takes a stream out of the line: it has a slot, or has left.</summary>
    /// <returns>Whether it waited.</returns>
    public bool Remove(ScheduledStream stream)
    {
        if (!_waiting.Remove(stream))
        {
            return false;
        }

        Tokens -= stream.Tokens.Count;
        _entitled -= stream.IsEntitled ? 1 : 0;
        return true;
    }

    /// <summary>A tenant's tokens were run.</summary>
    public void Served(string tenant, int prefill, int decode)
    {
        if (_tenants.TryGetValue(tenant, out var entry))
        {
            entry.Served += ((long)PrefillWeight * prefill) + ((long)DecodeWeight * decode);
        }
    }

    /// <summary>A stream has ended, wherever it was.</summary>
    public void Closed(string tenant)
    {
        if (--_tenants[tenant].Open > 0 || _tenants.Count <= MaximumIdleTenants)
        {
            return;
        }

        foreach (var idle in _tenants.Where(static entry => entry.Value.Open == 0).Select(static entry => entry.Key).ToList())
        {
            _tenants.Remove(idle);
        }
    }

    private void Add(ScheduledStream stream, long step)
    {
        (stream.Arrival, stream.ArrivedAt) = (_arrivals++, step);
        _waiting.AddLast(stream);
        Tokens += stream.Tokens.Count;
        Open(stream.Tenant);
    }

    private void Open(string name)
    {
        // Who comes back after a pause does not bring credit: the others would wait for it to be spent.
        var least = _tenants.Values.Where(static tenant => tenant.Open > 0).Select(static tenant => tenant.Served).DefaultIfEmpty(0).Min();
        if (!_tenants.TryGetValue(name, out var tenant))
        {
            _tenants[name] = tenant = new Tenant();
        }

        if (tenant.Open++ == 0)
        {
            tenant.Served = Math.Max(tenant.Served, least);
        }
    }

    private bool GoesBefore(ScheduledStream left, ScheduledStream right, long step)
    {
        if (left.IsEntitled != right.IsEntitled)
        {
            return left.IsEntitled;
        }

        var (first, second) = (Urgency(left), Urgency(right));
        if (first != second)
        {
            return first > second;
        }

        var (served, other) = (_tenants[left.Tenant].Served, _tenants[right.Tenant].Served);
        return served != other ? served < other : left.Arrival < right.Arrival;

        long Urgency(ScheduledStream stream) => stream.Priority + ((step - stream.ArrivedAt) / settings.AgingSteps);
    }

    private sealed class Tenant
    {
        public long Served;
        public int Open;
    }
}
