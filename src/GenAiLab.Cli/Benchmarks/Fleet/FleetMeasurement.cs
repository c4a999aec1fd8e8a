using System.Collections.Concurrent;
using System.Diagnostics;
using GenAiLab.Benchmarks.Reporting;
using GenAiLab.Benchmarks.Simulation;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Cli.Benchmarks.Fleet;

/// <summary>What a fleet did with a workload that was simulated too. Times in seconds.</summary>
/// <param name="FirstTokenP50">From the arrival.</param>
/// <param name="LatencyP50">To the last token.</param>
/// <param name="TokensPerSecond">Generated, of all.</param>
/// <param name="Failed">Requests that failed.</param>
internal sealed record MeasuredFigures(double FirstTokenP50, double LatencyP50, double TokensPerSecond, int Failed);

/// <summary>Measures what <see cref="FleetSimulation"/> needs, and what it predicts.</summary>
/// <param name="vocabulary">Size of the model's vocabulary.</param>
internal sealed class FleetMeasurement(int vocabulary)
{
    private const int Repetitions = 45;
    private const int Rounds = 15;
    private const int WarmingRequests = 300;

    /// <summary>The costs of the one decoder of a lab: prompts of two lengths alone, then steps of more and more streams.</summary>
    public async Task<DecoderCost> CalibrateAsync(FleetLab lab, string machine, string model, CancellationToken cancellation)
    {
        var decoder = new V1.Decoder.DecoderClient(lab.Decoders[0].Channel);
        var description = (await decoder.ListDecodersAsync(new ListDecodersRequest(), cancellationToken: cancellation)).Decoders.Single(one => one.Name == model);
        var granularity = (await lab.Decoders[0].ReportLoadAsync(cancellation)).Models.Single(one => one.Model == model).PrefixGranularity;
        await WarmAsync(lab, cancellation);
        var chunks = Math.Max(2, ((description.ContextLength / 2) / granularity));
        var (seed, hops) = (0, new List<double>());
        var pauses = new Random(1);
        var half = await PrefillAsync(granularity / 2);
        var one = await PrefillAsync(granularity);
        var many = await PrefillAsync(chunks * granularity);
        // Chunks of full length cost the same each; half a one tells its fixed part from that of its tokens.
        var whole = (many + one) / (chunks + 1);
        var token = Math.Max(0, (one - half) / (granularity - (granularity / 2)));
        var decode = new SortedDictionary<int, List<double>>();
        // What else the machine does meets all widths.
        for (var round = 0; round < Rounds; round++)
        {
            for (var width = 1; width <= description.Slots; width *= 2)
            {
                await PauseAsync();
                var streams = Enumerable.Range(0, width).Select(_ => RunAsync(Ids(++seed, 8), Math.Min(96, description.ContextLength - 9)));
                var runs = await Task.WhenAll(streams);
                decode.TryAdd(width, []);
                decode[width].AddRange(runs.Select(static run => run.Step));
            }
        }

        return new DecoderCost(
            machine, model, description.Slots, description.ContextLength, granularity, Math.Max(0, Statistics.Median(hops)),
            Math.Max(0, whole - (token * granularity)), token, [.. decode.Select(static width => new StepCost(width.Key, Statistics.Median(width.Value)))]);

        async Task<double> PrefillAsync(int tokens)
        {
            List<double> seconds = [];
            for (var repetition = 0; repetition < Repetitions; repetition++)
            {
                await PauseAsync();
                var run = await RunAsync(Ids(++seed, Math.Max(1, tokens)), 5);
                seconds.Add(run.Prefill);
                hops.Add(run.FirstToken - run.Prefill);
            }

            return Statistics.Median(seconds);
        }

        // A processor that has just been idle is slower, and under most loads it often has.
        Task PauseAsync() => Task.Delay(pauses.Next(50, 250), cancellation);

        async Task<(double FirstToken, double Prefill, double Step)> RunAsync(int[] prompt, int tokens)
        {
            var started = Stopwatch.GetTimestamp();
            using var call = lab.Orchestrator.Generate(
                new GenerateRequest { Tokens = new TokenIds { Ids = { prompt } }, MaxTokens = tokens, Sampling = new SamplingProgram { Seed = (ulong)seed } },
                cancellationToken: cancellation);
            var (first, prefill) = (0.0, 0.0);
            List<long> times = [];
            await foreach (var response in call.ResponseStream.ReadAllAsync(cancellation))
            {
                if (response.Token is not { } token)
                {
                    continue;
                }

                times.Add(Stopwatch.GetTimestamp());
                if (token.Index == 0)
                {
                    (first, prefill) = (Stopwatch.GetElapsedTime(started).TotalSeconds, token.Timing.PrefillNanoseconds / 1e9);
                }
            }

            // Where streams come and go the batch is narrower.
            var (from, to) = (times.Count / 4, times.Count * 3 / 4);
            return (first, prefill, Stopwatch.GetElapsedTime(times[from], times[to]).TotalSeconds / Math.Max(1, to - from));
        }
    }

    /// <summary>How much longer a decode step takes while the other decoders of a lab decode too, on the same processor and memory.</summary>
    public async Task<double> ContentionAsync(FleetLab lab, CancellationToken cancellation)
    {
        List<double> alone = [], together = [];
        for (var round = 0; lab.Decoders.Count > 1 && round < Rounds; round++)
        {
            alone.AddRange(await DecodeAsync(0));
            together.AddRange((await Task.WhenAll(Enumerable.Range(0, lab.Decoders.Count).Select(DecodeAsync))).SelectMany(static steps => steps));
        }

        return alone.Count == 0 ? 1 : Math.Max(1, Statistics.Median(together) / Statistics.Median(alone));

        async Task<List<double>> DecodeAsync(int replica)
        {
            using var call = new V1.Decoder.DecoderClient(lab.Decoders[replica].Channel).GenerateTokens(
                new GenerateTokensRequest { Prompt = new TokenIds { Ids = { Ids(replica, 8) } }, MaxTokens = 96, Sampling = new SamplingProgram { Temperature = 0 }, IgnoreEndOfSequence = true }, cancellationToken: cancellation);
            List<double> steps = [];
            await foreach (var response in call.ResponseStream.ReadAllAsync(cancellation))
            {
                steps.Add((response.Timing.DecodeNanoseconds + response.Timing.SampleNanoseconds) / 1e9);
            }

            // Where streams begin and end they may be alone.
            return steps[(steps.Count / 4)..(steps.Count * 3 / 4)];
        }
    }

    /// <summary>Sends a workload as it comes, whether or not the fleet keeps up.</summary>
    public async Task<MeasuredFigures> ReplayAsync(FleetLab lab, Workload workload, int requests, int contextLength, CancellationToken cancellation)
    {
        await WarmAsync(lab, cancellation);
        var answers = new ConcurrentQueue<(double First, double Latency, int Tokens, bool Failed)>();
        var started = Stopwatch.GetTimestamp();
        List<Task> running = [];
        foreach (var request in workload.Requests(contextLength).Take(requests))
        {
            var early = TimeSpan.FromSeconds(request.At) - Stopwatch.GetElapsedTime(started);
            if (early > TimeSpan.Zero)
            {
                await Task.Delay(early, cancellation);
            }

            running.Add(AnswerAsync(request));
        }

        await Task.WhenAll(running);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var good = answers.Where(static answer => !answer.Failed).ToList();
        return new MeasuredFigures(
            Statistics.Median(good.Select(static answer => answer.First)), Statistics.Median(good.Select(static answer => answer.Latency)),
            good.Sum(static answer => answer.Tokens) / seconds, answers.Count - good.Count);

        async Task AnswerAsync(SimulatedRequest request)
        {
            var load = new FleetLoad(lab.Orchestrator, _ => new GenerateRequest
            {
                Tokens = new TokenIds { Ids = { request.Prompt.Select(id => 1 + (id % (vocabulary - 1))) } },
                Sampling = new SamplingProgram { Seed = (ulong)request.Prompt[^1] },
                MaxTokens = request.Output,
            });
            var began = Stopwatch.GetTimestamp();
            var answer = await load.AnswerAsync(0, cancellation);
            answers.Enqueue((answer.FirstToken, Stopwatch.GetElapsedTime(began).TotalSeconds, answer.Tokens.Count, answer.Error is not null));
        }
    }

    // Services that have just started compile what they run, for some hundred calls.
    private async Task WarmAsync(FleetLab lab, CancellationToken cancellation)
    {
        var load = new FleetLoad(lab.Orchestrator, number => new GenerateRequest
        {
            Tokens = new TokenIds { Ids = { Ids(-1 - number, 40) } },
            MaxTokens = 8,
        });
        await load.RunAsync(clients: 2, WarmingRequests * lab.Decoders.Count, Task.CompletedTask, cancellation);
    }

    private int[] Ids(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(1, vocabulary))];
    }
}
