namespace GenAiLab.Balancing;

/// <summary>
/// Chooses a replica: a function of what is known of them and of a number drawn by the caller; no clock, no
/// I/O, no memory. The router of the orchestrator and the simulator use the same one.
/// </summary>
public static class RoutingPolicy
{
    /// <summary>Chooses among the replicas of the best availability that there is.</summary>
    /// <param name="replicas">In any order, the same for round robin.</param>
    /// <param name="settings">Rule and bounds.</param>
    /// <param name="draw">The number of the request: any, but another one each time.</param>
    /// <param name="prefix">
    /// Key of the first block of the prompt, 0 for none. Where loads are equal it decides, in the same way in
    /// every router (rendezvous hashing, Thaler and Ravishankar 1998), so that prompts that begin alike meet
    /// although routers do not talk to each other.
    /// </param>
    /// <returns>Index in <paramref name="replicas"/>; −1 when none takes streams.</returns>
    public static int Choose(ReadOnlySpan<ReplicaView> replicas, RoutingSettings settings, ulong draw, ulong prefix)
    {
        var (best, count) = (Availability.Refusing, 0);
        foreach (ref readonly var replica in replicas)
        {
            (best, count) = replica.Availability < best ? (replica.Availability, 1)
                : replica.Availability == best ? (best, count + 1) : (best, count);
        }

        return best == Availability.Refusing ? -1
            : settings.Rule == RoutingRule.RoundRobin ? AtRank(replicas, best, (int)(draw % (ulong)count))
            : settings.Rule == RoutingRule.LeastLoad ? LeastOfFew(replicas, settings, best, count, Mix(draw))
            : ByPrefix(replicas, settings, best, count, draw, prefix);
    }

    // Whoever has the prefix, or else whoever shall have it: as long as the bound holds.
    private static int ByPrefix(
        ReadOnlySpan<ReplicaView> replicas, RoutingSettings settings, Availability among, int count, ulong draw, ulong prefix)
    {
        var least = -1;
        for (var at = 0; at < replicas.Length; at++)
        {
            if (replicas[at].Availability == among && (least < 0 || GoesBefore(replicas[at], replicas[least], settings, Mix(draw))))
            {
                least = at;
            }
        }

        var bound = replicas[least].Load(settings.PromptTokensPerStream) + settings.MaximumImbalance;
        if (prefix != 0 && Cached(replicas, settings, among, bound, prefix) is >= 0 and var cached)
        {
            return cached;
        }

        // Prompts that begin alike are compared on the same few replicas, others on few drawn at random.
        var few = LeastOfFew(replicas, settings, among, count, prefix != 0 ? prefix : Mix(draw));
        return replicas[few].Load(settings.PromptTokensPerStream) <= bound ? few : least;
    }

    // The longest prefix within the bound; among equals the least busy.
    private static int Cached(ReadOnlySpan<ReplicaView> replicas, RoutingSettings settings, Availability among, double bound, ulong prefix)
    {
        var chosen = -1;
        for (var at = 0; at < replicas.Length; at++)
        {
            if (replicas[at].Availability == among && replicas[at].CachedTokens > 0
                && replicas[at].Load(settings.PromptTokensPerStream) <= bound
                && (chosen < 0 || replicas[at].CachedTokens > replicas[chosen].CachedTokens
                    || (replicas[at].CachedTokens == replicas[chosen].CachedTokens && GoesBefore(replicas[at], replicas[chosen], settings, prefix))))
            {
                chosen = at;
            }
        }

        return chosen;
    }

    private static int LeastOfFew(ReadOnlySpan<ReplicaView> replicas, RoutingSettings settings, Availability among, int count, ulong salt)
    {
        var chosen = -1;
        if (count <= settings.Choices)
        {
            for (var at = 0; at < replicas.Length; at++)
            {
                Take(replicas, at, ref chosen);
            }
        }
        else
        {
            for (var choice = 0; choice < settings.Choices; choice++)
            {
                Take(replicas, AtRank(replicas, among, (int)(Mix(salt + (ulong)choice) % (ulong)count)), ref chosen);
            }
        }

        return chosen;

        void Take(ReadOnlySpan<ReplicaView> replicas, int at, ref int chosen)
        {
            if (replicas[at].Availability == among && (chosen < 0 || GoesBefore(replicas[at], replicas[chosen], settings, salt)))
            {
                chosen = at;
            }
        }
    }

    private static bool GoesBefore(in ReplicaView left, in ReplicaView right, RoutingSettings settings, ulong salt)
    {
        var (first, second) = (left.Load(settings.PromptTokensPerStream), right.Load(settings.PromptTokensPerStream));
        return first != second ? first < second : Mix(salt ^ left.Key) > Mix(salt ^ right.Key);
    }

    private static int AtRank(ReadOnlySpan<ReplicaView> replicas, Availability among, int rank)
    {
        var at = 0;
        while (replicas[at].Availability != among || rank-- > 0)
        {
            at++;
        }

        return at;
    }

    // SplitMix64's finaliser (Steele, Lea and Flood 2014): every bit of the result depends on every bit of the number.
    internal static ulong Mix(ulong number)
    {
        number += 0x9E37_79B9_7F4A_7C15;
        number = (number ^ (number >> 30)) * 0xBF58_476D_1CE4_E5B9;
        number = (number ^ (number >> 27)) * 0x94D0_49BB_1331_11EB;
        return number ^ (number >> 31);
    }
}
