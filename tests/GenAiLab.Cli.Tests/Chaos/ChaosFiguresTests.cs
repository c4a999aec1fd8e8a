using GenAiLab.Cli.Chaos;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Cli.Tests.Chaos;

/// <summary>Each rule, broken: a run that finds nothing has to be able to find something.</summary>
public sealed class ChaosFiguresTests
{
    private static readonly ChaosAnswer Calm = new(7, [1, 2, 3], "abc", FinishReason.MaxTokens, null);
    private static readonly RpcException Gone = new(new Status(StatusCode.Unavailable, "nobody is there"));

    [Fact]
    public void A_run_in_which_all_is_well_breaks_no_rule()
    {
        var (decoder, orchestrator) = (new FaultRecord(Kill("decoder")) { ReadyAfter = TimeSpan.FromSeconds(5) }, new FaultRecord(Kill("orchestrator")));
        decoder.Resumed();
        decoder.TokenCame(TimeSpan.FromSeconds(10));
        orchestrator.Retried(0, Gone);

        Assert.Empty(Figures([decoder, orchestrator]).Broken());
        Assert.Equal("Every rule held.", ChaosReport.Lines(Figures([decoder])).Last());
    }

    [Fact]
    public void Each_way_to_end_otherwise_than_undisturbed_is_told()
    {
        Assert.Null(Calm.DifferenceFrom(Calm));
        Assert.Contains("from 2 on", (Calm with { Tokens = [1, 2, 4] }).DifferenceFrom(Calm), StringComparison.Ordinal);
        Assert.Contains("other tokens", (Calm with { Tokens = [1, 2] }).DifferenceFrom(Calm), StringComparison.Ordinal);
        Assert.Contains("other tokens", (Calm with { Tokens = [1, 2, 3, 3] }).DifferenceFrom(Calm), StringComparison.Ordinal);
        Assert.Contains("text", (Calm with { Text = "abcc" }).DifferenceFrom(Calm), StringComparison.Ordinal);
        Assert.Contains("Error", (Calm with { Reason = FinishReason.Error }).DifferenceFrom(Calm), StringComparison.Ordinal);
        Assert.Contains("gone", (Calm with { Error = "gone" }).DifferenceFrom(Calm), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_rule_that_is_broken_is_named()
    {
        var slow = new FaultRecord(Kill("decoder")) { ReadyAfter = TimeSpan.FromSeconds(5.1), IsLost = true };
        slow.TokenCame(TimeSpan.FromSeconds(10.1));
        slow.Retried(1, Gone);
        var figures = Figures([slow]) with
        {
            Differences = ["request 7: other tokens"],
            After = new Footprints(1, new Dictionary<string, ProcessFootprint> { ["decoder"] = new(0, 117, 37, 57) }),
        };

        Assert.Collection(
            figures.Broken(),
            static rule => Assert.Equal("request 7: other tokens", rule),
            static rule => Assert.Contains("1 streams are left", rule, StringComparison.Ordinal),
            static rule => Assert.Contains("37 sockets", rule, StringComparison.Ordinal),
            static rule => Assert.Contains("117 handles", rule, StringComparison.Ordinal),
            static rule => Assert.Contains("57 threads", rule, StringComparison.Ordinal),
            static rule => Assert.Contains("no stream came", rule, StringComparison.Ordinal),
            static rule => Assert.Contains("paused for 10.1 s", rule, StringComparison.Ordinal),
            static rule => Assert.Contains("after 5.1 s", rule, StringComparison.Ordinal),
            static rule => Assert.EndsWith("got UNAVAILABLE, though another replica served (orchestrator 1: nobody is there)", rule, StringComparison.Ordinal));
        Assert.Contains("--seed 1 ", ChaosReport.Lines(figures).Last(), StringComparison.Ordinal);
        // With a single replica there is nobody else to ask.
        Assert.DoesNotContain((figures with { Replicas = 1 }).Broken(), static rule => rule.Contains("UNAVAILABLE", StringComparison.Ordinal));
    }

    [Fact]
    public void The_same_seed_deals_the_same_faults_and_each_comes_before_any_comes_twice()
    {
        Fault[] dealt = [.. Fault.Deal(2, [], new Random(3)).Take(20)];

        Assert.Equal(dealt, Fault.Deal(2, [], new Random(3)).Take(20));
        Assert.Equal(10, dealt.Take(10).Select(static fault => fault.Name).Distinct().Count());
        Assert.Equal(10, dealt.Skip(10).Select(static fault => fault.Name).Distinct().Count());
        Assert.All(Fault.Deal(2, [FaultKind.Cut], new Random(3)).Take(3), static fault => Assert.Equal(FaultKind.Cut, fault.Kind));
        Assert.NotEqual(dealt.Take(10), Fault.Deal(2, [], new Random(4)).Take(10));
    }

    private static Fault Kill(string service) => new(FaultKind.Kill, service, 0);

    private static ChaosFigures Figures(IReadOnlyList<FaultRecord> records)
    {
        var footprints = new Footprints(0, new Dictionary<string, ProcessFootprint> { ["decoder"] = new(0, 100, 20, 40) });
        return new ChaosFigures(new ChaosSettings(), Replicas: 2, records, Answers: 10, [], footprints, footprints, TimeSpan.FromMinutes(1));
    }
}
