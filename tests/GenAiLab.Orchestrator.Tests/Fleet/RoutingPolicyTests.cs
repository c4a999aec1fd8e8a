using GenAiLab.Balancing;

namespace GenAiLab.Orchestrator.Tests.Fleet;

/// <summary>Whom the policy chooses.</summary>
public sealed class RoutingPolicyTests
{
    private static readonly RoutingSettings Affinity = new();

    [Fact]
    public void The_least_busy_is_chosen_by_its_streams_its_prompts_and_its_slots()
    {
        Assert.Equal(1, Choose(Affinity, Replica(1, streams: 3), Replica(2, streams: 2), Replica(3, streams: 4)));
        Assert.Equal(0, Choose(Affinity, Replica(1, streams: 3), Replica(2, streams: 2, pending: 2_048), Replica(3, streams: 4)));
        Assert.Equal(2, Choose(Affinity, Replica(1, streams: 3), Replica(2, streams: 2), Replica(3, streams: 4, slots: 32)));
    }

    [Fact]
    public void The_longest_cached_prefix_wins_until_its_replica_is_too_busy()
    {
        // 8 slots and a bound of 0.5: four streams more than the least busy.
        Assert.Equal(2, Choose(Affinity, Replica(1), Replica(2, cached: 64), Replica(3, streams: 4, cached: 128)));
        Assert.Equal(1, Choose(Affinity, Replica(1), Replica(2, cached: 64), Replica(3, streams: 5, cached: 128)));
        Assert.Equal(0, Choose(Affinity, Replica(1), Replica(2, streams: 5, cached: 64), Replica(3, streams: 5, cached: 128)));
        Assert.Equal(0, Choose(Affinity with { Rule = RoutingRule.LeastLoad }, Replica(1), Replica(2, streams: 1, cached: 64), Replica(3, streams: 4, cached: 128)));
    }

    [Fact]
    public void However_skewed_the_prompts_no_replica_is_far_above_the_others()
    {
        // Every request has the same prefix and stays: the worst case for affinity.
        var streams = new int[5];
        var cached = new bool[5];
        for (var request = 0; request < 200; request++)
        {
            var chosen = RoutingPolicy.Choose(
                [.. streams.Select((count, at) => Replica((ulong)at + 1, streams: count, cached: cached[at] ? 128 : 0))], Affinity, (ulong)request, prefix: 99);
            (streams[chosen], cached[chosen]) = (streams[chosen] + 1, true);
            Assert.InRange(streams.Max() - streams.Min(), 0, 5);
        }

        Assert.Equal(200, streams.Sum());
    }

    [Fact]
    public void Who_refuses_is_never_chosen_and_who_is_in_doubt_only_where_nobody_serves()
    {
        var doubtful = Replica(1) with { Availability = Availability.Doubtful };
        var refusing = Replica(2) with { Availability = Availability.Refusing };
        Assert.Equal(2, Choose(Affinity, doubtful, refusing, Replica(3, streams: 80)));
        Assert.Equal(0, Choose(Affinity, doubtful, refusing));
        Assert.Equal(-1, Choose(Affinity, refusing, refusing));
        Assert.Equal(-1, Choose(Affinity));
        Assert.Equal(2, Choose(Affinity with { Rule = RoutingRule.RoundRobin }, doubtful, refusing, Replica(3, streams: 80)));
    }

    [Fact]
    public void Among_equals_the_prefix_decides_alike_in_every_router_and_evenly()
    {
        ReplicaView[] replicas = [.. Enumerable.Range(1, 4).Select(static key => Replica((ulong)key))];
        var chosen = Enumerable.Range(1, 4000).Select(prefix => RoutingPolicy.Choose(replicas, Affinity, draw: 1, prefix: RoutingPolicy.Mix((ulong)prefix))).ToList();
        for (var prefix = 1; prefix <= 4000; prefix++)
        {
            // Another router: other draws, another order.
            var other = RoutingPolicy.Choose([.. replicas.Reverse()], Affinity, draw: 77, RoutingPolicy.Mix((ulong)prefix));
            Assert.Equal(chosen[prefix - 1], replicas.Length - 1 - other);
        }

        Assert.All(Enumerable.Range(0, 4), at => Assert.InRange(chosen.Count(one => one == at), 850, 1150));
    }

    [Fact]
    public void A_few_draws_keep_a_thousand_replicas_even()
    {
        var streams = new int[1000];
        for (var request = 0; request < 10_000; request++)
        {
            ReplicaView[] replicas = [.. streams.Select(static (count, at) => Replica((ulong)at + 1, streams: count))];
            streams[RoutingPolicy.Choose(replicas, Affinity with { Rule = RoutingRule.LeastLoad }, (ulong)request, prefix: 0)]++;
        }

        // One draw alone would leave the fullest at about 22.
        Assert.InRange(streams.Max(), 10, 13);
    }

    [Fact]
    public void Round_robin_takes_one_after_the_other()
    {
        var settings = Affinity with { Rule = RoutingRule.RoundRobin };
        Assert.Equal([0, 1, 2, 0, 1, 2], Enumerable.Range(0, 6).Select(draw =>
            RoutingPolicy.Choose([Replica(1, streams: 9), Replica(2), Replica(3)], settings, (ulong)draw, prefix: 5)));
    }

    private static int Choose(RoutingSettings settings, params ReplicaView[] replicas) => RoutingPolicy.Choose(replicas, settings, draw: 1, prefix: 42);

    private static ReplicaView Replica(ulong key, int streams = 0, int slots = 8, long pending = 0, int cached = 0) =>
        new(key, Availability.Serving, slots, streams, pending, cached);
}
