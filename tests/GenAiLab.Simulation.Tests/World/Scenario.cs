namespace GenAiLab.Simulation.Tests.World;

/// <summary>What goes wrong.</summary>
internal enum FaultKind
{
    /// <summary>A decoder dies; its connections break; another one starts at its address.</summary>
    Kill,

    /// <summary>A decoder stands still; its connections stay open.</summary>
    Freeze,

    /// <summary>Nothing passes between the orchestrator and a decoder, and nobody is told.</summary>
    Partition,

    /// <summary>Everything that passes is late, each message by as much as it likes.</summary>
    Delay,

    /// <summary>A decoder takes no more streams, hands over those it has, and is replaced.</summary>
    Drain,

    /// <summary>The model fails on the oldest stream of a decoder.</summary>
    ModelError,

    /// <summary>A client leaves.</summary>
    Cancel,

    /// <summary>The wall clock jumps, forward or back.</summary>
    ClockJump,
}

/// <param name="At">When.</param>
/// <param name="Kind">What.</param>
/// <param name="Target">Which decoder, or which client.</param>
/// <param name="Length">For how long; of a clock jump, how far.</param>
internal sealed record Fault(TimeSpan At, FaultKind Kind, int Target, TimeSpan Length)
{
    public override string ToString() => $"{At.TotalMilliseconds,8:0.0} ms  {Kind} of {Target} for {Length.TotalMilliseconds:0.0} ms";
}

/// <param name="Number">Its number in the scenario: stays when others are taken out.</param>
/// <param name="At">When it comes.</param>
/// <param name="Tenant">Whose.</param>
/// <param name="Prompt">Token ids.</param>
/// <param name="MaxTokens">The most that are generated.</param>
/// <param name="Seed">Of its draws.</param>
/// <param name="LooksBack">Its tokens depend on those before, beyond what the model makes of them.</param>
/// <param name="ReadingPause">How long its client takes over each token.</param>
/// <param name="IsDuplicated">Everything that it asks a decoder for arrives there twice.</param>
internal sealed record Request(
    int Number, TimeSpan At, string Tenant, int[] Prompt, int MaxTokens, ulong Seed, bool LooksBack, TimeSpan ReadingPause, bool IsDuplicated)
{
    public override string ToString() =>
        $"{At.TotalMilliseconds,8:0.0} ms  request {Number} of {Tenant}: {Prompt.Length} tokens, at most {MaxTokens} more{(IsDuplicated ? ", duplicated" : "")}";
}

/// <summary>Who asks for what, and what goes wrong meanwhile: a function of the seed.</summary>
internal sealed record Scenario(ulong Seed, int Decoders, IReadOnlyList<Request> Requests, IReadOnlyList<Fault> Faults)
{
    public static Scenario Of(int seed)
    {
        var random = new Random(seed);
        var decoders = random.Next(2, 5);
        var span = random.Next(500, 6_000);

        // From a lab that is hardly used to one that is asked for several times what it has.
        Request[] requests = [.. Enumerable.Range(0, random.Next(1, 36)).Select(number => Ask(random, number, span)).OrderBy(static request => request.At)];
        Fault[] faults = [.. Enumerable.Range(0, random.Next(0, 10)).Select(_ => Break(random, decoders, requests.Length, span)).OrderBy(static fault => fault.At)];
        return new Scenario((ulong)seed, decoders, requests, faults);
    }

    public override string ToString() =>
        $"seed {Seed}, {Decoders} decoders\n{string.Join('\n', Requests)}\n{string.Join('\n', Faults)}";

    private static Request Ask(Random random, int number, int span)
    {
        // Beginnings are shared, across tenants as well.
        var (stem, length) = (random.Next(3), random.Next(1, 40));
        int[] prompt = [.. Enumerable.Range(0, length).Select(at => at < length * 2 / 3 ? (stem * 7 + at) % ToyModel.Vocabulary : random.Next(ToyModel.Vocabulary))];
        return new Request(
            number, Milliseconds(random, span), $"tenant {random.Next(3)}", prompt, random.Next(1, ToyModel.Context - length), (ulong)random.NextInt64(), random.Next(4) == 0,
            random.Next(5) == 0 ? Milliseconds(random, 80) : TimeSpan.Zero, random.Next(12) == 0);
    }

    private static Fault Break(Random random, int decoders, int requests, int span)
    {
        var kind = (FaultKind)random.Next(Enum.GetValues<FaultKind>().Length);
        return new Fault(
            Milliseconds(random, span + 2_000), kind, random.Next(kind == FaultKind.Cancel ? requests : decoders),
            kind == FaultKind.ClockJump ? TimeSpan.FromMinutes(random.Next(-600, 600)) : Milliseconds(random, 8_000));
    }

    private static TimeSpan Milliseconds(Random random, double most) => TimeSpan.FromMicroseconds(Math.Round(random.NextDouble() * most * 1_000));
}
