using GenAiLab.Balancing;
using GenAiLab.Benchmarks.Reporting;

namespace GenAiLab.Benchmarks.Simulation;

/// <summary>What a simulated fleet would do. Times in seconds.</summary>
/// <param name="Replicas">Decoders.</param>
/// <param name="Routing">The rule.</param>
/// <param name="Requests">Requests answered.</param>
/// <param name="Refused">Requests that found the line full.</param>
/// <param name="FirstTokenP50">From the arrival.</param>
/// <param name="FirstTokenP99">From the arrival.</param>
/// <param name="LatencyP50">To the last token.</param>
/// <param name="LatencyP99">To the last token.</param>
/// <param name="TokensPerSecond">Generated, of all.</param>
/// <param name="Utilisation">Share of the time in which a decoder runs something.</param>
/// <param name="HitRate">Share of the prompts' tokens that the prefix caches supplied.</param>
public sealed record SimulationFigures(
    int Replicas, RoutingRule Routing, int Requests, int Refused, double FirstTokenP50, double FirstTokenP99, double LatencyP50, double LatencyP99,
    double TokensPerSecond, double Utilisation, double HitRate);

/// <summary>
/// A fleet in simulated time: the router's policy and the decoders' scheduler are the real ones, only the
/// model's runs are replaced by what they cost. No clock, no threads; a seed gives the same figures.
/// </summary>
/// <param name="cost">Of one decoder.</param>
/// <param name="routing">The router's.</param>
public sealed class FleetSimulation(DecoderCost cost, RoutingSettings routing)
{
    /// <summary>Streams that may wait at a decoder.</summary>
    public int MaximumWaiting { get; init; } = 64;

    /// <summary>Seconds between two load reports of a decoder.</summary>
    public double ReportInterval { get; init; } = 0.25;

    /// <summary>How much longer a run takes while all other decoders run something, where they share a machine; 1: each has its own.</summary>
    public double Contention { get; init; } = 1;

    /// <summary>Runs until so many requests have come and all of them have ended.</summary>
    public SimulationFigures Run(int replicas, Workload workload, int requests, CancellationToken cancellation)
    {
        var fleet = Enumerable.Range(0, replicas).Select(index => new SimulatedReplica(index, cost, MaximumWaiting)).ToArray();
        var rounds = new PriorityQueue<int, (double At, long Order)>();
        var views = new ReplicaView[replicas];
        List<SimulatedStream> ended = [];
        List<double> first = [], latency = [];
        var (now, refused, order, draw, tokens) = (0.0, 0, 0L, 0UL, 0L);
        using var arrivals = workload.Requests(cost.ContextLength).Take(requests).GetEnumerator();
        var next = arrivals.MoveNext() ? arrivals.Current : null;
        while (next is not null || rounds.Count > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            if (next is not null && (!rounds.TryPeek(out _, out var round) || next.At <= round.At))
            {
                now = next.At;
                refused += Place(next) ? 0 : 1;
                next = arrivals.MoveNext() ? arrivals.Current : null;
                continue;
            }

            rounds.TryDequeue(out var index, out var end);
            now = end.At;
            fleet[index].End(now, ended);
            foreach (var stream in ended)
            {
                first.Add(stream.FirstToken - stream.Request.At + cost.RequestSeconds);
                latency.Add(now - stream.Request.At + cost.RequestSeconds);
                tokens += stream.Generated;
            }

            ended.Clear();
            Begin(index);
        }

        return new SimulationFigures(
            replicas, routing.Rule, first.Count, refused, Statistics.Median(first), Statistics.Percentile(first, 99), Statistics.Median(latency),
            Statistics.Percentile(latency, 99), tokens / now, fleet.Average(replica => replica.Busy / now),
            (double)fleet.Sum(static replica => replica.ReusedTokens) / Math.Max(1, fleet.Sum(static replica => replica.PromptTokens)));

        bool Place(SimulatedRequest request)
        {
            var keys = PrefixKeys.Of(request.Prompt, cost.Granularity, seed: 1);
            for (var at = 0; at < replicas; at++)
            {
                views[at] = fleet[at].View(now, ReportInterval, keys);
            }

            var chosen = RoutingPolicy.Choose(views, routing, draw++, keys.FirstOrDefault());
            if (!fleet[chosen].TryTake(request, keys))
            {
                return false;
            }

            if (!fleet[chosen].IsRunning)
            {
                Begin(chosen);
            }

            return true;
        }

        void Begin(int index)
        {
            var others = Contention == 1 ? 0 : fleet.Count(static replica => replica.IsRunning) - (fleet[index].IsRunning ? 1 : 0);
            if (fleet[index].Begin(1 + ((Contention - 1) * others / Math.Max(1, replicas - 1))) is { } seconds)
            {
                rounds.Enqueue(index, (now + seconds, order++));
            }
        }
    }
}
