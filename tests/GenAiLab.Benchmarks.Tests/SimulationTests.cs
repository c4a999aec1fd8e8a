using GenAiLab.Balancing;
using GenAiLab.Benchmarks.Simulation;

namespace GenAiLab.Benchmarks.Tests;

/// <summary>Fleets in simulated time.</summary>
public sealed class SimulationTests
{
    // 10 ms a step whatever its width up to 8 streams, 1 ms a prompt token.
    private static readonly DecoderCost Cost = new("nowhere", "none", Slots: 8, ContextLength: 512, Granularity: 64, 0.005, 0, 0.001, [new(1, 0.010), new(8, 0.010)]);

    [Fact]
    public void One_request_alone_takes_what_its_parts_take()
    {
        var workload = new Workload(Rate: 0.001, SystemPrompts: 1, SystemTokens: 128, UserTokens: 1e-9, OutputTokens: 1e-9, Seed: 1);
        var figures = Run(workload, RoutingRule.LeastLoad, replicas: 1, requests: 1);
        // Two chunks of 64 tokens; the last of the 129 runs as a decode step, which gives the first token.
        Assert.Equal((0.005 + 0.128 + 0.010, 0.005 + 0.128 + 0.010), (figures.FirstTokenP50, figures.LatencyP50), Close);
    }

    [Fact]
    public void The_same_seed_gives_the_same_figures_and_another_one_others()
    {
        var workload = new Workload(20, 10, 128, 20, 40, Seed: 1);
        Assert.Equal(Run(workload, RoutingRule.PrefixAffinity), Run(workload, RoutingRule.PrefixAffinity));
        Assert.NotEqual(Run(workload, RoutingRule.PrefixAffinity), Run(workload with { Seed = 2 }, RoutingRule.PrefixAffinity));
    }

    [Fact]
    public void More_decoders_wait_less_and_affinity_hits_more()
    {
        var workload = new Workload(8, 20, 192, 20, 40, Seed: 1);
        var (two, four) = (Run(workload, RoutingRule.RoundRobin, replicas: 2), Run(workload, RoutingRule.RoundRobin, replicas: 4));
        Assert.True(four.FirstTokenP99 < two.FirstTokenP99, $"{four} {two}");
        Assert.True(four.Utilisation < two.Utilisation);

        var affinity = Run(workload, RoutingRule.PrefixAffinity, replicas: 4);
        Assert.True(affinity.HitRate > four.HitRate, $"{affinity} {four}");
        Assert.True(affinity.FirstTokenP50 < four.FirstTokenP50, $"{affinity} {four}");
    }

    [Fact]
    public void Decoders_of_one_machine_are_slower_together_and_one_alone_is_not()
    {
        var workload = new Workload(Rate: 4, SystemPrompts: 4, SystemTokens: 64, UserTokens: 20, OutputTokens: 40, Seed: 1);
        Assert.Equal(Run(workload, RoutingRule.LeastLoad, replicas: 1), Run(workload, RoutingRule.LeastLoad, replicas: 1, contention: 2));
        var (apart, together) = (Run(workload, RoutingRule.LeastLoad, replicas: 2), Run(workload, RoutingRule.LeastLoad, replicas: 2, contention: 2));
        Assert.InRange(together.LatencyP50 / apart.LatencyP50, 1.2, 3);
        Assert.True(together.Utilisation > apart.Utilisation);
    }

    [Fact]
    public void What_does_not_fit_is_refused_and_everything_else_is_answered()
    {
        var figures = Run(new Workload(1000, 1, 64, 10, 50, Seed: 1), RoutingRule.LeastLoad, replicas: 1, requests: 500);
        Assert.Equal(500, figures.Requests + figures.Refused);
        Assert.True(figures.Refused > 0 && figures.Utilisation > 0.95, $"{figures}");
    }

    [Fact]
    public void A_thousand_decoders_are_simulated()
    {
        var figures = Run(new Workload(1000, 500, 64, 20, 20, Seed: 1), RoutingRule.PrefixAffinity, replicas: 1000, requests: 2000);
        Assert.Equal((2000, 0), (figures.Requests, figures.Refused));
        Assert.InRange(figures.Utilisation, 0.01, 0.99);
    }

    [Fact]
    public void Costs_are_read_back_and_wrong_ones_refused()
    {
        Assert.Equal(Cost.ToJson(), DecoderCost.FromJson(Cost.ToJson()).ToJson());
        Assert.Equal((0, 0.010, 0.010), (Cost.Step(0), Cost.Step(5), Cost.Step(20)), Close);
        Assert.Throws<FormatException>(() => DecoderCost.FromJson("{}"));
        Assert.Throws<FormatException>(() => DecoderCost.FromJson("nonsense"));
        Assert.Throws<FormatException>(() => DecoderCost.FromJson((Cost with { Steps = [new(2, 1), new(2, 1)] }).ToJson()));
    }

    [Fact]
    public void The_mean_of_two_measurements_lies_between_them()
    {
        var slower = Cost with { RequestSeconds = 0.015, PromptTokenSeconds = 0.003, Steps = [new(1, 0.030), new(8, 0.030)] };
        var mean = Cost.MeanWith(slower);
        Assert.Equal((0.010, 0.002, 0.020), (mean.RequestSeconds, mean.PromptTokenSeconds, mean.Step(3)), Close);
    }

    private static SimulationFigures Run(Workload workload, RoutingRule rule, int replicas = 2, int requests = 400, double contention = 1) =>
        new FleetSimulation(Cost, new RoutingSettings { Rule = rule }) { Contention = contention }.Run(replicas, workload, requests, TestContext.Current.CancellationToken);

    private static bool Close((double, double) left, (double, double) right) =>
        Math.Abs(left.Item1 - right.Item1) < 1e-9 && Math.Abs(left.Item2 - right.Item2) < 1e-9;

    private static bool Close((double, double, double) left, (double, double, double) right) =>
        Close((left.Item1, left.Item2), (right.Item1, right.Item2)) && Math.Abs(left.Item3 - right.Item3) < 1e-9;
}
