using GenAiLab.Benchmarks.Curves;
using GenAiLab.Benchmarks.Engine;
using GenAiLab.Benchmarks.Reference;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;

namespace GenAiLab.Cli.Benchmarks;

/// <summary>What clients that are connected and silent cost those that generate, and the decoder.</summary>
internal static class IdleConnections
{
    private const int Prompt = 16;
    private const int Tokens = 128;
    private const int AtOnce = 64;
    private const double Mebi = 1 << 20;

    /// <summary>Milliseconds a token of one stream, and the decoder's memory, by the number of idle connections.</summary>
    public static async Task<IReadOnlyList<Curve>> RunAsync(
        ReferenceModel model, string work, int threads, IReadOnlyList<int> counts, int rounds, CancellationToken cancellation)
    {
        await using var lab = await ReferenceLab.StartAsync(
            model, work, [("Threads", $"{threads}"), ("Spinning", "true"), ("WeightFormat", "fp32"), ("Slots", "2"), ("Deterministic", "false")], cancellation);
        List<GrpcChannel> idle = [];
        try
        {
            List<CurvePoint> time = [], memory = [];
            await GenerateAsync();
            foreach (var count in counts.Order())
            {
                await ConnectAsync(count);
                List<double> taken = [];
                for (var round = 0; round < rounds; round++)
                {
                    taken.Add(1000 / (await GenerateAsync()).Rate);
                }

                time.Add(new CurvePoint(count, taken));
                memory.Add(new CurvePoint(count, [lab.DecoderWorkingSet / Mebi]));
            }

            return
            [
                new Curve("idle-time", "One stream beside idle connections", "idle connections", "ms per token", [new CurveSeries($"{model.Name} fp32", time)]),
                new Curve("idle-memory", "The decoder's memory by idle connections", "idle connections", "MiB", [new CurveSeries($"{model.Name} fp32", memory)]),
            ];
        }
        finally
        {
            foreach (var channel in idle)
            {
                channel.Dispose();
            }
        }

        Task<TimedGeneration> GenerateAsync() => DecompositionBenchmark.PushdownAsync(lab.Decoder, Prompt, Tokens, cancellation);

        // A call each: then the connection is not only there but has spoken HTTP/2.
        async Task ConnectAsync(int count)
        {
            var more = Enumerable.Range(0, count - idle.Count)
                .Select(_ => GrpcChannel.ForAddress(lab.DecoderAddress, new GrpcChannelOptions
                {
                    HttpHandler = new SocketsHttpHandler { PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan },
                    DisposeHttpClient = true,
                }))
                .ToList();
            idle.AddRange(more);
            await Parallel.ForEachAsync(more, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation }, async (channel, cancelled) =>
                await new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest(), new CallOptions(cancellationToken: cancelled)));
        }
    }
}
