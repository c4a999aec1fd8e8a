using GenAiLab.Decoder.Scheduling;

namespace GenAiLab.Decoder.Tests.Scheduling;

/// <summary>What happens in a simulated service.</summary>
public enum Happening
{
    /// <summary>A stream arrives.</summary>
    Arrive,

    /// <summary>The engine plans and carries the plan out.</summary>
    Step,

    /// <summary>A caller leaves, wherever the stream is.</summary>
    Leave,

    /// <summary>A reader begins to lag, or catches up.</summary>
    Block,

    /// <summary>The model fails on a stream.</summary>
    Fault,

    /// <summary>A client of step mode goes back and takes another way.</summary>
    Rewind,

    /// <summary>A stream arrives that slots are to be kept for.</summary>
    ArriveWithForks,

    /// <summary>A fork of a stream arrives.</summary>
    Fork,
}

/// <param name="Kind">What happens.</param>
/// <param name="Choice">Which stream, tenant, prompt and priority: read as seemingly random digits.</param>
public readonly record struct Event(Happening Kind, int Choice);

/// <summary>
/// A service without a model: the scheduler's plans are carried out on a cache that holds token ids in
/// place of keys and values, and every invariant is checked at every step.
/// </summary>
internal sealed class SchedulerSimulation
{
    private readonly SchedulerSettings _settings;
    private readonly Scheduler _scheduler;
    private readonly int[][] _cache;
    private readonly string?[][] _owners;
    private readonly List<Simulated> _open = [];
    private long _maximumWait;
    private long _step;
    private int _admitted;

    public SchedulerSimulation(SchedulerSettings settings)
    {
        _settings = settings;
        _scheduler = new Scheduler(settings);
        _cache = [.. Enumerable.Range(0, settings.Slots).Select(_ => new int[settings.Capacity])];
        _owners = [.. Enumerable.Range(0, settings.Slots).Select(_ => new string?[settings.Capacity])];

        // Everybody in front is served once, slot by slot, each for at most as long as a full window takes
        // while every other slot prefills as well, and nobody overtakes once waiting has made one urgent.
        _maximumWait = (21L * settings.AgingSteps) + ((settings.MaximumWaiting + settings.Slots + 1L) * settings.Capacity * (settings.Slots + 1));
    }

    public int Steps => (int)_step;

    public int Reused { get; private set; }

    public int Moves { get; private set; }

    public int ForksOfGroups { get; private set; }

    /// <summary>Runs the events and then until every stream has ended.</summary>
    public void Run(IEnumerable<Event> events)
    {
        foreach (var (kind, choice) in events)
        {
            switch (kind)
            {
                case Happening.Arrive:
                    Arrive(choice, forks: 0);
                    break;
                case Happening.ArriveWithForks:
                    Arrive(choice, forks: choice % _settings.Slots);
                    break;
                case Happening.Fork when Pick(choice) is { Stream.Slot: >= 0 } one:
                    Fork(one, choice);
                    break;
                case Happening.Leave when Pick(choice) is { } one:
                    End(one, keep: true);
                    break;
                case Happening.Fault when Pick(choice) is { } one:
                    End(one, keep: false);
                    break;
                case Happening.Block when Pick(choice) is { } one:
                    one.Stream.IsBlocked = !one.Stream.IsBlocked;
                    break;
                case Happening.Rewind when Pick(choice) is { } one && one.Stream.Slot >= 0 && one.Stream.Pending == 0:
                    one.Stream.Rewind(1 + (choice % one.Stream.Tokens.Count));
                    one.Stream.Append(new[] { 7, 8, 9 }.AsSpan(0, Math.Min(3, _settings.Capacity - 1 - one.Stream.Tokens.Count)));
                    break;
                default:
                    Step();
                    break;
            }
        }

        _open.ForEach(static one => one.Stream.IsBlocked = false);
        for (var left = 200_000; _open.Count > 0; left--)
        {
            Check(left > 0, "streams never end");
            Step();
        }

        Check(_scheduler.SlotsInUse == 0 && _scheduler.Waiting == 0, "a slot or a place in the line leaked");
    }

    private void Arrive(int choice, int forks)
    {
        // Prompts share beginnings: of a few stems, cut anywhere and continued in a few ways.
        var (stem, tail) = (choice % 3, choice / 3 % 4);
        var length = 1 + (choice / 12 % (_settings.Capacity - 2));
        var prompt = Enumerable.Range(0, length).Select(at => at < length * 2 / 3 ? (stem * 100) + at : 1000 + (tail * 100) + at).ToArray();
        var stream = new ScheduledStream(prompt) { Tenant = $"tenant {choice % 5}", Priority = (choice / 7 % 21) - 10, UsesPrefixCache = choice % 11 != 0, ReservedForks = forks };
        stream.Replay(choice % 13 == 0 ? length / 2 : 0);
        var waiting = _scheduler.Waiting;
        if (_scheduler.Enqueue(stream) == Refusal.None)
        {
            _open.Add(new Simulated(stream, Math.Min(choice % 20, _settings.Capacity - 1 - length), _step, new Family(1 + forks)));
        }
        else
        {
            Check(waiting > 0 || _settings.MaximumWaiting == 0, "refused although nobody waits");
        }

        Check(
            _scheduler.Waiting - _open.Count(static one => one.Admitted < 0 && one.Stream.IsEntitled) <= _settings.MaximumWaiting + _settings.Slots,
            "the line is longer than allowed");
    }

    private void Fork(Simulated parent, int choice)
    {
        var length = 1 + (choice % parent.Stream.Tokens.Count);
        int[] prompt = [.. parent.Stream.Tokens.Take(length), .. choice % 3 == 0 && length < _settings.Capacity - 2 ? new[] { choice % 7 } : []];
        var stream = new ScheduledStream(prompt) { Tenant = parent.Stream.Tenant, Priority = parent.Stream.Priority, ForkOf = parent.Stream };
        var kept = parent.Family.Slots > 1 && _open.Count(one => one.Family == parent.Family) < parent.Family.Slots;
        var refusal = _scheduler.Enqueue(stream);
        Check(!kept || refusal == Refusal.None, "a fork was refused although a slot is kept for it");
        if (refusal == Refusal.None)
        {
            // Whoever waits for a slot waits for this stream as well.
            _maximumWait += _settings.Capacity * (_settings.Slots + 1L);
            _open.Add(new Simulated(stream, Math.Min(choice % 20, _settings.Capacity - 1 - prompt.Length), _step, parent.Family));
            ForksOfGroups += kept ? 1 : 0;
        }
    }

    private void Step()
    {
        _step++;
        while (_scheduler.Admit() is { Count: > 0 } admitted)
        {
            foreach (var (stream, copy) in admitted)
            {
                var one = _open.Single(one => one.Stream == stream);
                (one.Admitted, one.Order) = (_step, _admitted++);
                CheckOrder(one);
                Copy(copy);
                Reused += stream.Reused;
                Check(stream.Reused < stream.Tokens.Count, "nothing is left to run");
                Check(!_settings.ExactReuse || stream.ForkOf is not null || stream.Reused % _settings.Grid == 0, "a prefix ends off the grid");
                CheckCache(stream);
            }
        }

        CheckFamilies();
        var plan = _scheduler.Plan();
        Moves += plan.Move is null ? 0 : 1;
        Copy(plan.Move);
        CheckPlan(plan);
        foreach (var stream in plan.Decode)
        {
            Compute(stream, 1);
        }

        Trample(plan.Decode);
        foreach (var (stream, tokens) in plan.Prefill)
        {
            Compute(stream, tokens);
        }

        foreach (var one in _open.Where(static one => one.Stream.Slot >= 0).ToList())
        {
            CheckCache(one.Stream);
            if (one.Stream.Pending == 0 && !one.Stream.IsBlocked && !AwaitsFork(one))
            {
                if (one.Left-- <= 0 || one.Stream.Tokens.Count >= _settings.Capacity - 1)
                {
                    End(one, keep: true);
                }
                else
                {
                    one.Stream.Append([one.Left]);
                }
            }
        }

        Check(_scheduler.SlotsInUse <= _settings.Slots, "more streams than slots");
        if (!_open.Any(static one => one.Stream.IsBlocked))
        {
            Check(_open.All(one => one.Admitted >= 0 || _step - one.Arrived < _maximumWait), "a stream starved");
        }
    }

    private void Compute(ScheduledStream stream, int tokens)
    {
        Check(stream.Slot >= 0 && _scheduler.InSlot(stream.Slot) == stream, "a stream runs in a slot that is not its own");
        for (var at = 0; at < tokens; at++)
        {
            _cache[stream.Slot][stream.Computed + at] = stream.Tokens[stream.Computed + at];
            _owners[stream.Slot][stream.Computed + at] = stream.Tenant;
        }

        _scheduler.Ran(stream, tokens);
    }

    // Slots between the first and the last that decode run along and write behind their last token.
    private void Trample(IReadOnlyList<ScheduledStream> decode)
    {
        for (var slot = decode.Count == 0 ? 1 : decode[0].Slot; slot <= (decode.Count == 0 ? 0 : decode[^1].Slot); slot++)
        {
            if (_scheduler.InSlot(slot) is not { } stream || !decode.Contains(stream))
            {
                Check(_scheduler.Length(slot) < _settings.Capacity, "a slot that runs along has no room");
                _cache[slot][_scheduler.Length(slot)] = -1;
            }
        }
    }

    private void Copy(SlotCopy? copy)
    {
        if (copy is not { } one)
        {
            return;
        }

        for (var at = 0; at < one.Tokens; at++)
        {
            if (one.Swaps)
            {
                (_cache[one.From][at], _cache[one.To][at]) = (_cache[one.To][at], _cache[one.From][at]);
                (_owners[one.From][at], _owners[one.To][at]) = (_owners[one.To][at], _owners[one.From][at]);
            }
            else
            {
                (_cache[one.To][at], _owners[one.To][at]) = (_cache[one.From][at], _owners[one.From][at]);
            }
        }
    }

    private void End(Simulated one, bool keep)
    {
        _scheduler.Close(one.Stream, keep);
        _open.Remove(one);
    }

    // A group works as one, as a beam search does: none of its streams goes on before the others have slots.
    private bool AwaitsFork(Simulated one) => Waits(one.Family) && Held(one.Family) < one.Family.Slots;

    private bool Waits(Family family) => _open.Any(one => one.Family == family && one.Admitted < 0);

    private int Held(Family family) => _open.Count(one => one.Family == family && one.Admitted >= 0);

    private Simulated? Pick(int choice) => _open.Count == 0 ? null : _open[choice % _open.Count];

    private void CheckCache(ScheduledStream stream)
    {
        for (var at = 0; at < stream.Computed; at++)
        {
            Check(_cache[stream.Slot][at] == stream.Tokens[at], "a slot holds another stream's tokens");
            Check(_owners[stream.Slot][at] == stream.Tenant, "a prefix went from one tenant to another");
        }
    }

    private void CheckPlan(StepPlan plan)
    {
        var running = plan.Decode.Concat(plan.Prefill.Select(static run => run.Stream)).ToList();
        Check(running.Distinct().Count() == running.Count, "a stream runs twice in a step");
        Check(running.All(static stream => !stream.IsBlocked), "a blocked stream runs");
        Check(plan.Decode.Zip(plan.Decode.Skip(1)).All(static pair => pair.First.Slot < pair.Second.Slot), "slots are out of order");
        Check(plan.Prefill.All(run => run.Tokens <= _settings.Grid), "a chunk is too long");

        // Whoever can decode does: no prompt, however long, stands in the way.
        Check(
            _open.Where(one => one.Stream is { Slot: >= 0, IsBlocked: false, Pending: 1 } && one.Stream.Computed >= one.Stream.PromptLength)
                .All(one => plan.Decode.Contains(one.Stream)),
            "a stream that could decode was left out");
        Check(
            plan.Prefill.Count > 0 || _open.Where(static one => one.Stream is { Slot: >= 0, IsBlocked: false, Pending: > 0 }).All(one => plan.Decode.Contains(one.Stream)),
            "prompts wait although none runs");
    }

    // A group that was admitted has its slots: no other, and nobody in the line, can keep it from going on.
    private void CheckFamilies()
    {
        var taken = 0;
        foreach (var family in _open.Select(static one => one.Family).Distinct())
        {
            var held = Held(family);
            var admitted = held > 0 || _open.Any(one => one.Family == family && one.Stream.ForkOf is not null);
            Check(!admitted || family.Slots == 1 || held >= family.Slots || !Waits(family), "a fork waits although a slot is kept for it");
            // A fork beyond those that slots are kept for has one of its own.
            taken += admitted && family.Slots > 1 ? family.Slots + _open.Count(one => one.Family == family && one.Admitted >= 0 && !one.Stream.IsEntitled) : held;
        }

        Check(taken <= _settings.Slots, "more slots are kept than there are");
        Check(taken == _scheduler.SlotsInUse, $"{taken} slots are held or kept and {_scheduler.SlotsInUse} in use");
    }

    // First in, first out within a tenant and priority; a fork that a slot is kept for need not wait.
    private void CheckOrder(Simulated one) => Check(
        (one.Stream.ForkOf is not null && one.Family.Slots > 1) || !_open.Any(other => other.Admitted < 0 && other.Stream.Tenant == one.Stream.Tenant && other.Stream.Priority == one.Stream.Priority
            && _open.IndexOf(other) < _open.IndexOf(one)),
        "a stream overtook an older one of its tenant and priority");

    private void Check(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"step {_step}: {otherwise}");
        }
    }

    // A stream, its forks and theirs, and the slots kept for them.
    private sealed class Family(int slots)
    {
        public int Slots { get; } = slots;
    }

    private sealed class Simulated(ScheduledStream stream, int left, long arrived, Family family)
    {
        public Family Family { get; } = family;


        public ScheduledStream Stream { get; } = stream;

        public int Left { get; set; } = left;

        public long Arrived { get; } = arrived;

        public long Admitted { get; set; } = -1;

        public int Order { get; set; }
    }
}
