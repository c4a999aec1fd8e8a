using CsCheck;
using GenAiLab.Decoder.Scheduling;

namespace GenAiLab.Decoder.Tests.Scheduling;

/// <summary>The scheduler's promises, over random histories; a history that breaks one is shrunk to a few events.</summary>
public sealed class SchedulerTests
{
    private static readonly Gen<Event[]> Histories = Gen.Select(
        Gen.Frequency(
            (12, Gen.Const(Happening.Step)), (6, Gen.Const(Happening.Arrive)), (1, Gen.Const(Happening.Leave)),
            (1, Gen.Const(Happening.Block)), (1, Gen.Const(Happening.Fault)), (1, Gen.Const(Happening.Rewind)),
            (2, Gen.Const(Happening.ArriveWithForks)), (4, Gen.Const(Happening.Fork))),
        Gen.Int[0, 1_000_000],
        static (kind, choice) => new Event(kind, choice)).Array[0, 400];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void NothingLeaksStarvesOrMixes(bool exact)
    {
        long steps = 0, reused = 0, moves = 0, forks = 0;
        Gen.Select(Histories, Gen.Int[1, 6], Gen.Int[1, 9]).Sample(
            (history, slots, grid) =>
            {
                var simulation = new SchedulerSimulation(Settings(slots, grid, exact));
                simulation.Run(history);
                Interlocked.Add(ref steps, simulation.Steps);
                Interlocked.Add(ref reused, simulation.Reused);
                Interlocked.Add(ref moves, simulation.Moves);
                Interlocked.Add(ref forks, simulation.ForksOfGroups);
            },
            seed: "0000KOIPLJ3s", iter: 4_000);

        // A history that exercises nothing would prove nothing.
        Assert.True(
            steps > 600_000 && reused > 4_000 && moves > 400 && forks > 2_000,
            $"{steps} steps, {reused} tokens reused, {moves} moves, {forks} forks of groups");
    }

    [Fact]
    public void ATenantWithFewRequestsIsNotBehindOneWithMany()
    {
        var scheduler = new Scheduler(Settings(slots: 1, grid: 8, exact: true) with { MaximumWaiting = 100 });
        var many = Enumerable.Range(0, 20).Select(_ => new ScheduledStream([1, 2, 3]) { Tenant = "many" }).ToList();
        many.ForEach(stream => scheduler.Enqueue(stream));
        var order = new List<string>();
        for (var at = 0; at < 5; at++)
        {
            if (at == 2)
            {
                scheduler.Enqueue(new ScheduledStream([1, 2, 3]) { Tenant = "few" });
            }

            var stream = scheduler.Admit().Single().Stream;
            order.Add(stream.Tenant);
            scheduler.Plan();
            scheduler.Ran(stream, 3);
            scheduler.Close(stream, keep: true);
        }

        Assert.Equal("few", order[3]);
    }

    [Fact]
    public void PriorityGoesFirstAndWaitingRaisesIt()
    {
        var scheduler = new Scheduler(Settings(slots: 1, grid: 8, exact: true) with { AgingSteps = 10 });
        var low = new ScheduledStream([1]) { Priority = -10 };
        scheduler.Enqueue(low);
        for (var round = 0; ; round++)
        {
            Assert.True(round < 22, "a stream of low priority never gets its turn");
            scheduler.Enqueue(new ScheduledStream([2]) { Priority = 10 });
            var next = scheduler.Admit().Single().Stream;
            Assert.True(next != low || round == 21 || round == 20);
            if (next == low)
            {
                return;
            }

            for (var step = 0; step < 10; step++)
            {
                scheduler.Plan();
            }

            scheduler.Close(next, keep: true);
        }
    }

    [Fact]
    public void ALongPromptDoesNotStallThoseWhoDecode()
    {
        var scheduler = new Scheduler(Settings(slots: 2, grid: 4, exact: true) with { Capacity = 100 });
        var decoding = new ScheduledStream([1, 2]);
        scheduler.Enqueue(decoding);
        scheduler.Admit();
        scheduler.Plan();
        scheduler.Ran(decoding, 2);
        scheduler.Enqueue(new ScheduledStream(Enumerable.Range(0, 90)));
        var second = scheduler.Admit().Single().Stream;
        while (second.Pending > 0)
        {
            decoding.Append([3]);
            var plan = scheduler.Plan();
            Assert.Contains(decoding, plan.Decode);
            Assert.InRange(plan.Prefill.Sum(static run => run.Tokens), 0, 4);
            scheduler.Ran(decoding, 1);
            foreach (var (stream, tokens) in plan.Prefill)
            {
                scheduler.Ran(stream, tokens);
            }
        }
    }

    [Fact]
    public void AGroupHasItsSlotsUntilItsLastStreamHasEnded()
    {
        var scheduler = new Scheduler(Settings(slots: 4, grid: 8, exact: true));
        var root = Admitted(new ScheduledStream([1, 2]) { ReservedForks = 2 });
        var waiting = new ScheduledStream([5]) { ReservedForks = 1 };
        scheduler.Enqueue(waiting);
        Assert.Empty(scheduler.Admit());

        // Forks go past the line, as many as slots are kept for them; a fork of a fork is one of the group.
        var first = Admitted(new ScheduledStream([1, 2]) { ForkOf = root });
        var second = Admitted(new ScheduledStream([1, 2]) { ForkOf = first });
        var beyond = new ScheduledStream([1, 2]) { ForkOf = second };
        scheduler.Enqueue(beyond);
        Assert.Empty(scheduler.Admit());

        // What one gives back is another's, be it the root's; and nobody else's.
        scheduler.Close(root, keep: true);
        Assert.Same(beyond, scheduler.Admit().Single().Stream);
        scheduler.Close(first, keep: true);
        scheduler.Close(second, keep: true);
        Assert.Empty(scheduler.Admit());
        Assert.Equal(3, scheduler.SlotsInUse);

        scheduler.Close(beyond, keep: true);
        Assert.Same(waiting, scheduler.Admit().Single().Stream);

        // The group is gone: a fork that was on its way finds nothing kept for it.
        scheduler.Enqueue(new ScheduledStream([1, 2]) { ForkOf = beyond });
        scheduler.Close(waiting, keep: true);
        Assert.Single(scheduler.Admit());
        Assert.Equal(1, scheduler.SlotsInUse);

        ScheduledStream Admitted(ScheduledStream stream)
        {
            Assert.Equal(Refusal.None, scheduler.Enqueue(stream));
            var admitted = scheduler.Admit().Single().Stream;
            Assert.Same(stream, admitted);
            return admitted;
        }
    }

    private static SchedulerSettings Settings(int slots, int grid, bool exact) =>
        new(slots, grid, Capacity: 40, MaximumWaiting: 12, MaximumWaitingTokens: 300, ExactReuse: exact) { ParkAfterSteps = 3 };
}
