using GenAiLab.Simulation.Tests.World;

namespace GenAiLab.Simulation.Tests;

/// <summary>
/// Seeded fault schedules over the fleet in simulated time. Some hundred seeds by default; with <c>GENAILAB_SOAK=1</c>
/// ten thousand. <c>GENAILAB_SEED</c> names one to look at.
/// </summary>
[Trait("Soak", "Simulation")]
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const int ShortRun = 250;
    private const int LongRun = 10_000;

    // The test adapter takes a process for crashed that ends within a moment of its first word in a minute.
    private const int SeedsToALine = 1_000;

    private static bool IsLong => Environment.GetEnvironmentVariable("GENAILAB_SOAK") == "1";

    [Fact]
    public void No_fault_costs_a_token_a_slot_or_a_place_in_the_line()
    {
        var seeds = Environment.GetEnvironmentVariable("GENAILAB_SEED") is { Length: > 0 } seed
            ? [int.Parse(seed, System.Globalization.CultureInfo.InvariantCulture)]
            : Enumerable.Range(0, IsLong ? LongRun : ShortRun).ToArray();
        long events = 0, completed = 0, resumes = 0, refused = 0, cached = 0;
        foreach (var (index, one) in seeds.Index())
        {
            if (index % SeedsToALine == 0)
            {
                output.WriteLine($"from seed {one} on");
            }

            var simulation = new Simulation(Scenario.Of(one));
            if (simulation.Run() is { } broken)
            {
                Assert.Fail($"seed {one}: {broken}\nmade smaller: {Explain(Scenario.Of(one))}");
            }

            events += simulation.Events;
            completed += simulation.Completed;
            resumes += simulation.Resumes;
            refused += simulation.Refused;
            cached += simulation.Cached;
        }

        output.WriteLine($"{seeds.Length} seeds, {events} events, {completed} generations completed, {resumes} resumes, {refused} refused, {cached} prompt tokens from caches");

        // Scenarios that disturb nobody would prove nothing.
        Assert.True(seeds.Length == 1 || (completed > seeds.Length && resumes > seeds.Length / 4 && refused > seeds.Length / 10 && cached > seeds.Length), "hardly anything happened");
    }

    [Theory]
    [InlineData((int)Sabotage.ForgetsLeavers, "a stream goes on whose client has left")]
    [InlineData((int)Sabotage.ForgetsPosition, "is not that of a calm run")]
    [InlineData((int)Sabotage.MixesTenants, "a prefix came from another tenant")]
    [InlineData((int)Sabotage.RepeatsResponse, "is not that of a calm run")]
    public void A_broken_rule_is_seen_and_shrunk(int sabotage, string rule)
    {
        var broken = Enumerable.Range(0, 100).Select(Scenario.Of).First(Breaks);
        var smallest = Shrinking.Smallest(broken, Breaks);
        output.WriteLine(Tell(smallest, (Sabotage)sabotage));
        Assert.InRange(smallest.Requests.Count, 1, 8);
        Assert.InRange(smallest.Faults.Count, 0, 3);
        Assert.Null(new Simulation(smallest).Run());

        bool Breaks(Scenario scenario) => new Simulation(scenario, (Sabotage)sabotage).Run()?.Contains(rule, StringComparison.Ordinal) == true;
    }

    [Fact]
    public void The_same_seed_is_the_same_run()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var (first, second) = (new Simulation(Scenario.Of(seed)), new Simulation(Scenario.Of(seed)));
            Assert.Equal(first.Run(), second.Run());
            Assert.Equal(first.Trace, second.Trace);
            Assert.Equal(first.Events, second.Events);
        }
    }

    private static string Explain(Scenario scenario) =>
        Tell(Shrinking.Smallest(scenario, static one => new Simulation(one).Run() is not null), Sabotage.None);

    private static string Tell(Scenario scenario, Sabotage sabotage)
    {
        var simulation = new Simulation(scenario, sabotage);
        return $"{simulation.Run()}\n{scenario}\nwhat happened:\n{string.Join('\n', simulation.Trace)}";
    }
}
